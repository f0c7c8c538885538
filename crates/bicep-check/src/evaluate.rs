//! Evaluates a deployment as far as possible without Azure: conditions, loops, names, and the source of each value.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use crate::{
    ast::{Declaration, DeclarationKind, Form},
    expression::rounds,
    program::{Program, Report},
    types::{self, Type, TypeKind},
    value::{Member, SourcePlace, Text, Value},
};

pub(crate) const RULE: &str = "symbols";

/// A deployed file: the main file, or one call of a module.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) number: usize,
    pub(crate) file: usize,
    /// The instance and the symbol that deploy this one.
    pub(crate) within: Option<(usize, String)>,
    /// Whether the condition of the instance holds; `None` if only a deployment knows.
    pub(crate) deployed: Option<bool>,
    params: BTreeMap<String, Value>,
    /// The values of symbols; `None` while a value is being computed.
    known: RefCell<BTreeMap<String, Option<Value>>>,
}

/// A resource that is deployed here or only referred to.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) instance: usize,
    pub(crate) symbol: String,
    pub(crate) place: SourcePlace,
    /// `Type@version`.
    pub(crate) target: String,
    pub(crate) existing: bool,
    pub(crate) deployed: Option<bool>,
    pub(crate) name: Text,
    pub(crate) parent: Option<Rc<Resource>>,
    /// The loop variables of its body.
    pub(crate) locals: Locals,
}

/// Names that loops and lambdas declare.
pub(crate) type Locals = Vec<(String, Value)>;

/// One evaluation of a program.
pub(crate) struct Evaluator<'p> {
    pub(crate) program: &'p Program,
    pub(crate) report: &'p Report<'p>,
    /// The name of the option set. `None` tries every branch, with every parameter unknown.
    pub(crate) options: Option<&'p str>,
    pub(crate) instances: RefCell<Vec<Rc<Instance>>>,
    /// The messages of `fail`.
    pub(crate) stops: RefCell<Vec<String>>,
}

impl<'p> Evaluator<'p> {
    pub(crate) fn new(program: &'p Program, report: &'p Report<'p>, options: Option<&'p str>) -> Self {
        Self { program, report, options, instances: RefCell::default(), stops: RefCell::default() }
    }

    pub(crate) fn deploy(
        &self,
        file: usize,
        within: Option<(usize, String)>,
        deployed: Option<bool>,
        params: BTreeMap<String, Value>,
    ) -> Rc<Instance> {
        let number = self.instances.borrow().len();
        let instance = Rc::new(Instance { number, file, within, deployed, params, known: RefCell::default() });
        self.instances.borrow_mut().push(Rc::clone(&instance));
        instance
    }

    /// Returns the value of a symbol.
    pub(crate) fn symbol(&self, instance: &Rc<Instance>, name: &str, place: SourcePlace) -> Value {
        let Some(declared) = self.program.file(instance.file).find(name) else {
            self.report.add(RULE, place, format!("{name} is not declared"));
            return Value::any();
        };
        match instance.known.borrow().get(name) {
            Some(Some(value)) => return value.clone(),
            Some(None) => {
                self.report.add("order", place, format!("{name} depends on itself"));
                return Value::any();
            }
            None => {}
        }
        instance.known.borrow_mut().insert(name.to_owned(), None);
        let value = match declared.kind {
            DeclarationKind::Param => self.param(instance, declared),
            DeclarationKind::Var => match &declared.value {
                Some(value) => self.expression(instance, &Vec::new(), value),
                None => Value::any(),
            },
            DeclarationKind::Resource => self.resource(instance, declared),
            DeclarationKind::Module => self.module(instance, declared),
            DeclarationKind::Type | DeclarationKind::Output => Value::any(),
        };
        instance.known.borrow_mut().insert(name.to_owned(), Some(value.clone()));
        value
    }

    fn param(&self, instance: &Rc<Instance>, declared: &Declaration) -> Value {
        if let Some(given) = instance.params.get(&declared.name) {
            return given.clone();
        }
        let is_root = instance.within.is_none();
        match &declared.value {
            Some(default) if !is_root || self.options.is_some() => {
                let place = SourcePlace { file: instance.file, line: declared.line };
                let value = self.expression(instance, &Vec::new(), default);
                let of = types::declared(self.program.file(instance.file), declared);
                let member = Member { name: declared.name.clone(), place, value: value.clone() };
                crate::rules::types::check_parameter(self.report, &of, &member, &declared.name);
                value
            }
            _ => of_type(&declared.name, types::declared(self.program.file(instance.file), declared)),
        }
    }

    fn resource(&self, instance: &Rc<Instance>, declared: &Declaration) -> Value {
        let resources: Vec<Rc<Resource>> = self
            .repetitions(instance, declared)
            .into_iter()
            .map(|(locals, deployed)| Rc::new(self.one_resource(instance, declared, locals, deployed)))
            .collect();
        match (is_loop(declared), resources.as_slice()) {
            (false, [resource]) => Value::Resource(Rc::clone(resource)),
            _ => Value::Resources(resources),
        }
    }

    fn one_resource(
        &self,
        instance: &Rc<Instance>,
        declared: &Declaration,
        locals: Locals,
        deployed: Option<bool>,
    ) -> Resource {
        let property =
            |name: &str| declared.body().and_then(|body| body.property(name)).map(|property| &property.value);
        let name = property("name").and_then(|name| self.expression(instance, &locals, name).as_text());
        let parent = match property("parent").map(|parent| self.expression(instance, &locals, parent)) {
            Some(Value::Resource(parent)) => Some(parent),
            Some(Value::Resources(parents)) => parents.first().cloned(),
            _ => None,
        };
        Resource {
            instance: instance.number,
            symbol: declared.name.clone(),
            place: SourcePlace { file: instance.file, line: declared.line },
            target: declared.target.clone(),
            existing: declared.existing,
            deployed,
            name: name.unwrap_or_else(|| Text::literal(&declared.name)),
            parent,
            locals,
        }
    }

    /// Returns the properties of a resource.
    pub(crate) fn body(&self, resource: &Resource) -> Value {
        let instance = Rc::clone(&self.instances.borrow()[resource.instance]);
        let declared = self.program.file(instance.file).find(&resource.symbol);
        match declared.and_then(Declaration::body) {
            Some(body) => self.expression(&instance, &resource.locals, body),
            None => Value::any(),
        }
    }

    fn module(&self, instance: &Rc<Instance>, declared: &Declaration) -> Value {
        let place = SourcePlace { file: instance.file, line: declared.line };
        let path = self.program.relative(instance.file, &declared.target);
        let Some(file) = self.program.number(&path) else {
            self.report.add(RULE, place, format!("the module {path} does not exist"));
            return Value::any();
        };
        self.scope(instance, declared, file);
        let deploy = |(locals, deployed): (Locals, Option<bool>)| {
            // A module that is not deployed has no parameters: they may refer to others that are not deployed either.
            let params = if deployed == Some(false) {
                BTreeMap::new()
            } else {
                self.arguments(instance, declared, file, &locals)
            };
            self.deploy(file, Some((instance.number, declared.name.clone())), deployed, params)
        };
        let instances = self.repetitions(instance, declared).into_iter().map(deploy).collect();
        Value::Module { symbol: declared.name.clone(), instances, outputs: false }
    }

    /// Checks that a module is deployed in the scope that its file names.
    fn scope(&self, instance: &Rc<Instance>, call: &Declaration, file: usize) {
        let written = call.body().and_then(|body| body.property("scope"));
        let wanted = self.program.file(file).target_scope.as_str();
        let given = match written.map(|scope| self.expression(instance, &Vec::new(), &scope.value)) {
            None => self.program.file(instance.file).target_scope.clone(),
            Some(Value::Resource(resource)) if resource.type_name() == "Microsoft.Resources/resourceGroups" => {
                "resourceGroup".to_owned()
            }
            Some(value) if value.get("subscriptionId").is_some() => "subscription".to_owned(),
            Some(_) => return,
        };
        if given != wanted {
            let line = written.map_or(call.line, |scope| scope.line);
            let message = format!("{} is deployed to a {wanted}, not to a {given}: write its scope", call.target);
            self.report.add("types", SourcePlace { file: instance.file, line }, message);
        }
    }

    /// Returns the parameters that a call gives to a module. Compares each with its declaration.
    fn arguments(
        &self,
        instance: &Rc<Instance>,
        call: &Declaration,
        file: usize,
        locals: &Locals,
    ) -> BTreeMap<String, Value> {
        let given = call.body().and_then(|body| body.property("params"));
        let given = given.map(|params| self.expression(instance, locals, &params.value));
        let members = given.as_ref().map(Value::members).unwrap_or_default();
        let module = self.program.file(file);
        let call_place = SourcePlace { file: instance.file, line: call.line };
        for param in module.of_kind(DeclarationKind::Param).filter(|param| param.value.is_none()) {
            if members.iter().all(|member| member.name != param.name) {
                let message = format!("{} needs the parameter {}", call.target, param.name);
                self.report.add("parameters", call_place, message);
            }
        }
        for member in members {
            match module.of_kind(DeclarationKind::Param).find(|param| param.name == member.name) {
                Some(param) => {
                    let of = types::declared(module, param);
                    crate::rules::types::check_parameter(self.report, &of, member, &call.target);
                }
                None => {
                    let known: Vec<&str> =
                        module.of_kind(DeclarationKind::Param).map(|param| param.name.as_str()).collect();
                    let message = format!("{} takes no {}; it takes {}", call.target, member.name, known.join(", "));
                    self.report.add("parameters", member.place, message);
                }
            }
        }
        members.iter().map(|member| (member.name.clone(), member.value.clone())).collect()
    }

    /// Returns the loop variables and the condition of each repetition of a resource or module. Without a loop, there
    /// is one repetition.
    fn repetitions(&self, instance: &Rc<Instance>, declared: &Declaration) -> Vec<(Locals, Option<bool>)> {
        let Some(value) = &declared.value else { return Vec::new() };
        let (rounds, inner) = match &value.form {
            Form::Loop { item, index, over, body } => {
                let over = self.expression(instance, &Vec::new(), over);
                (rounds(&over, item, index.as_deref()), body.as_ref())
            }
            _ => (vec![Locals::new()], value),
        };
        let condition = |locals: &Locals| match &inner.form {
            Form::If { condition, .. } => self.expression(instance, locals, condition).truth(),
            _ => Some(true),
        };
        rounds.into_iter().map(|locals| (locals.clone(), condition(&locals))).collect()
    }
}

fn is_loop(declared: &Declaration) -> bool {
    declared.value.as_ref().is_some_and(|value| matches!(value.form, Form::Loop { .. }))
}

/// Returns a value of which only the type is known.
pub(crate) fn of_type(label: &str, of: Type) -> Value {
    let letters = |limit: Option<i64>, other| limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(other);
    match of.kind {
        TypeKind::String => Value::Text(Text::hole(label, letters(of.min, 0), letters(of.max, usize::MAX))),
        TypeKind::Enum if !of.open => Value::one_of(of.values.iter().map(|text| Value::text(text)).collect()),
        _ => Value::Unknown(of),
    }
}
