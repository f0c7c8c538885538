//! Overload resolution: finds, among the members with a name, the one whose parameters fit the arguments best.

use std::cmp::Ordering;

use super::{
    Checker, Typed,
    arguments::Finished,
    candidate::{Candidate, bind, bindings, candidates},
    error,
    fit::{self, CheckedArgument, Fit},
    linq,
};
use crate::{
    members::{self, Member},
    problem::ParseError,
    program::{Bound, BoundCall, Code},
    syntax::Argument,
    types::{Class, Type},
};

impl Checker {
    pub(super) fn property(&mut self, at: usize, class: &Type, name: &str) -> Result<(BoundCall, Type), ParseError> {
        if class.class == Class::Anonymous
            && let Some(index) = class.names.iter().position(|known| **known == *name)
        {
            let bound = Bound {
                member: &members::anonymous::MEMBER,
                owner: Class::Anonymous,
                extension: false,
                types: Vec::new(),
            };
            let index = i32::try_from(index).unwrap_or_default();
            let place = crate::program::Argument::Value(Code::Constant(index.into()));
            return Ok((BoundCall { bound, arguments: vec![place] }, class.argument(index.unsigned_abs() as usize)));
        }
        if matches!(class.class, Class::ValueTuple | Class::Tuple) {
            let index = class.names.iter().position(|known| **known == *name).or_else(|| {
                let place: usize = name.strip_prefix("Item")?.parse().ok()?;
                place.checked_sub(1).filter(|place| *place < class.arguments.len())
            });
            if let Some(index) = index {
                let bound = Bound {
                    member: &members::anonymous::MEMBER,
                    owner: class.class,
                    extension: false,
                    types: Vec::new(),
                };
                let place =
                    crate::program::Argument::Value(Code::Constant(i32::try_from(index).unwrap_or_default().into()));
                return Ok((BoundCall { bound, arguments: vec![place] }, class.argument(index)));
            }
        }
        let found = candidates(class, name, false).into_iter().find(|c| c.signature.parameters.is_none());
        let Some(candidate) = found else { return Err(unknown(at, class, name, false)) };
        self.touch(candidate.owner.class, name);
        let returns = candidate.signature.returns.with(&bindings(&candidate.owner));
        Ok((BoundCall { bound: bind(&candidate, Vec::new()), arguments: Vec::new() }, returns))
    }

    pub(super) fn static_property(&mut self, at: usize, class: &Type, name: &str) -> Result<Typed, ParseError> {
        let found = candidates(class, name, true).into_iter().find(|c| c.signature.parameters.is_none());
        let Some(candidate) = found else { return Err(unknown(at, class, name, true)) };
        let returns = candidate.signature.returns.with(&bindings(&candidate.owner));
        let call = BoundCall { bound: bind(&candidate, Vec::new()), arguments: Vec::new() };
        Ok(Typed::new(Code::Static(Box::new(call)), returns))
    }

    pub(super) fn method(
        &mut self,
        at: usize,
        class: &Type,
        name: &str,
        types: &[Type],
        arguments: &[Argument],
    ) -> Result<(BoundCall, Type), ParseError> {
        self.call(at, class, name, false, types, arguments)
    }

    pub(super) fn static_method(
        &mut self,
        at: usize,
        class: &Type,
        name: &str,
        types: &[Type],
        arguments: &[Argument],
    ) -> Result<Typed, ParseError> {
        let (call, returns) = self.call(at, class, name, true, types, arguments)?;
        Ok(Typed::new(Code::Static(Box::new(call)), returns))
    }

    pub(super) fn indexer(
        &mut self,
        at: usize,
        class: &Type,
        arguments: &[Argument],
    ) -> Result<(BoundCall, Type), ParseError> {
        let checked = self.arguments(arguments)?;
        self.indexer_of(at, class, checked)
    }

    pub(super) fn indexer_of(
        &mut self,
        at: usize,
        class: &Type,
        arguments: Vec<CheckedArgument<'_>>,
    ) -> Result<(BoundCall, Type), ParseError> {
        if candidates(class, "[]", false).is_empty() {
            return Err(error(at, format!("Cannot apply indexing with [] to an expression of type '{class}'")));
        }
        self.resolve(at, class, "[]", false, &[], arguments)
    }

    /// Resolves a call whose arguments are in the source.
    pub(super) fn call(
        &mut self,
        at: usize,
        class: &Type,
        name: &str,
        statics: bool,
        types: &[Type],
        arguments: &[Argument],
    ) -> Result<(BoundCall, Type), ParseError> {
        let checked = self.arguments(arguments)?;
        self.resolve(at, class, name, statics, types, checked)
    }

    /// Resolves a call whose arguments are already checked.
    pub(super) fn resolve(
        &mut self,
        at: usize,
        class: &Type,
        name: &str,
        statics: bool,
        types: &[Type],
        arguments: Vec<CheckedArgument<'_>>,
    ) -> Result<(BoundCall, Type), ParseError> {
        let found = candidates(class, name, statics);
        if found.is_empty() {
            return Err(unknown(at, class, name, statics));
        }
        let mut fits: Vec<(usize, Fit)> = Vec::new();
        for (index, candidate) in found.iter().enumerate() {
            // Members of the type itself come before those it inherits.
            if fits.first().is_some_and(|(first, _)| found[*first].owner != candidate.owner) {
                break;
            }
            if let Some(fit) = fit::fit(candidate, types, &arguments) {
                fits.push((index, fit));
            }
        }
        let best = (0..fits.len()).find(|one| {
            (0..fits.len()).all(|two| {
                let order = fit::better(&fits[*one].1, &fits[two].1, &arguments);
                *one == two || order == Some(Ordering::Less) || *one < two && order == Some(Ordering::Equal)
            })
        });
        let Some((index, fit)) = best.map(|best| fits.swap_remove(best)) else {
            return Err(match fits.as_slice() {
                [] if no_such_count(&found, arguments.len()) && is_unplayed(class, name) => {
                    unknown(at, class, name, statics)
                }
                [] => fit::misfit(at, name, class, &found, types, &arguments),
                [(one, _), (two, _), ..] => ambiguous(at, class, name, found[*one].member, found[*two].member),
                [_] => unknown(at, class, name, statics),
            });
        };
        refuse_ambiguous(at, class, name, &arguments)?;
        let written = !types.is_empty();
        let candidate = &found[index];
        if class.is(Class::JObject) && candidate.owner.is(Class::Enumerable) && types.is_empty() {
            linq::refuse_object(at, name)?;
        }
        let by_method = arguments.iter().any(CheckedArgument::is_group);
        let compares = arguments.iter().any(|argument| argument.is_of(Class::StringComparer));
        let Finished { arguments, bindings } = self.finish(at, name, candidate, fit, arguments)?;
        if compares {
            linq::check_comparer(at, name, candidate, &bindings)?;
        }
        let letters = &candidate.signature.letters;
        let types: Vec<Type> =
            letters.iter().map(|letter| Type::from(Class::Letter(*letter)).with(&bindings)).collect();
        if candidate.owner.is(Class::Body) && name == "As" {
            check_body_type(at, &types)?;
        }
        if name == "Children"
            && let Some(other) = types.iter().find(|class| !class.class.is_json())
        {
            let message =
                format!("The type '{other}' cannot be used as type parameter 'T' in the method 'Children<T>()'");
            return Err(error(at, message));
        }
        let returns = candidate.signature.returns.with(&bindings);
        if candidate.owner.is(Class::Enumerable) && matches!(name, "Sum" | "Average") {
            if written && letters.is_empty() {
                return Err(error(at, format!("No overload for method '{name}' takes 0 arguments")));
            }
            let of = types.first().cloned().unwrap_or_else(|| candidate.owner.argument(0));
            let (of, returns) = linq::number(at, name, &of, types.is_empty() || by_method)?;
            return Ok((BoundCall { bound: bind(candidate, vec![of]), arguments }, returns));
        }
        // A null has no value that tells the type. A member of `T?` takes the type from its receiver instead.
        let types = if candidate.owner.is(Class::Nullable) { candidate.owner.arguments.clone() } else { types };
        Ok((BoundCall { bound: bind(candidate, types), arguments }, returns))
    }
}

/// Refuses a type that `Body.As<T>()` cannot read.
fn check_body_type(at: usize, types: &[Type]) -> Result<(), ParseError> {
    let bytes = Type::array(Class::Byte.into());
    let readable = types.first().is_some_and(|class| {
        use Class::{JArray, JObject, JToken, String, XDocument, XElement};
        *class == bytes || matches!(class.class, String | JToken | JObject | JArray | XElement | XDocument)
    });
    let message = "a body can be read as string, byte[], JObject, JArray, JToken, XElement or XDocument";
    if readable { Ok(()) } else { Err(error(at, message)) }
}

fn ambiguous(at: usize, class: &Type, name: &str, one: &Member, two: &Member) -> ParseError {
    let name = if name == "new" { String::new() } else { format!(".{name}") };
    let (one, two) = (one.signature, two.signature);
    error(
        at,
        format!(
            "The call is ambiguous between the following methods or properties: '{class}{name} {one}' and '{class}{name} {two}'"
        ),
    )
}

/// Refuses calls that are ambiguous in .NET because of overloads that policies may not use.
fn refuse_ambiguous(at: usize, class: &Type, name: &str, arguments: &[CheckedArgument<'_>]) -> Result<(), ParseError> {
    let null = |index: usize| arguments.get(index).is_some_and(CheckedArgument::is_null);
    let of = |classes: &[Class]| classes.contains(&class.class);
    let ambiguous = match (name, arguments.len()) {
        ("new", 1) => {
            use Class::{Certificate, JArray, JObject, JValue, Oid, String, XCData, XComment, XText};
            null(0) && of(&[Certificate, JArray, JObject, JValue, Oid, String, XCData, XComment, XText])
        }
        ("Append", 1 | 3) => null(0) && of(&[Class::StringBuilder]),
        ("Insert", count @ 1..) => null(count - 1) && of(&[Class::StringBuilder]),
        ("Equals", 1) => null(0) && of(&[Class::StringBuilder]),
        ("Write" | "WriteLine", 1) => null(0) && of(&[Class::StringWriter]),
        ("GetBytes" | "GetByteCount", 1) => null(0) && of(&[Class::Encoding]),
        ("ToString", 1) => {
            let formats = class.class.is_number() || !class.class.enumerators().is_empty();
            null(0) && (formats || of(&[Class::DateTime, Class::DateTimeOffset]))
        }
        // .NET 8 also reads numbers from bytes.
        ("TryParse", 2 | 3) => null(0) && class.class.is_number(),
        // The null may also be a format that .NET 8 has parsed before.
        ("Format", 2..) => null(0) && null(1) && of(&[Class::String]),
        ("AppendFormat", 2..) => null(0) && null(1) && of(&[Class::StringBuilder]),
        ("Parse", 2) => null(0) && null(1) && class.class.is_number(),
        ("ComputeHash", 1) => null(0),
        // Without values, the call fits texts as well as objects.
        ("Join", 1) | ("Concat", 0) => of(&[Class::String]),
        ("AppendJoin", 1) => of(&[Class::StringBuilder]),
        // An array of characters converts to an object and to a span, as a text does.
        ("Concat", 2..=4) if of(&[Class::String]) => {
            let characters = |one: &CheckedArgument<'_>| one.is_of_type(&Type::array(Class::Char.into()));
            let texts = |one: &CheckedArgument<'_>| one.is_of(Class::String) || one.is_null() || characters(one);
            arguments.iter().any(characters) && arguments.iter().all(texts)
        }
        _ => false,
    };
    if ambiguous {
        let message = format!("The call of '{name}' is ambiguous between several methods: cast an argument");
        return Err(error(at, message));
    }
    Ok(())
}

/// Reports whether no member of the name takes so many arguments.
fn no_such_count(found: &[Candidate], count: usize) -> bool {
    found
        .iter()
        .filter_map(|candidate| candidate.signature.parameters.as_ref())
        .all(|parameters| parameters.len() != count)
}

fn is_unplayed(class: &Type, name: &str) -> bool {
    class.ancestors().iter().any(|class| members::unplayed::is_unplayed(class.class, name))
}

fn unknown(at: usize, class: &Type, name: &str, statics: bool) -> ParseError {
    if !statics && !candidates(class, name, true).is_empty() {
        let message = format!(
            "Member '{class}.{name}' cannot be accessed with an instance reference; qualify it with a type name instead"
        );
        return error(at, message);
    }
    if is_unplayed(class, name) {
        let message = format!("`{name}` of '{class}' is allowed by API Management but not supported here");
        return super::unsupported(at, message);
    }
    error(at, format!("'{class}' does not contain a definition for '{name}', or it is not supported"))
}
