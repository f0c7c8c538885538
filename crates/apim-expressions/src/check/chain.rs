//! Names, and accesses to their members: `context.Request.Method`, `System.Net.WebUtility.UrlDecode(x)`.

use std::sync::Arc;

use super::{Checker, Local, Typed, error, unsupported};
use crate::{
    evaluate, limits,
    problem::ParseError,
    program::{Code, Link as LinkCode},
    syntax::{Argument, ArgumentValue, Expr, ExprKind, Link, LinkKind, TypeName},
    types::{Class, Type, names},
    value::{Integer, Object, Value, number, object::ContextPart},
};

impl Checker {
    /// Checks a name or a chain of members.
    pub(super) fn chain(&mut self, base: &Expr, links: &[Link]) -> Result<Typed, ParseError> {
        let (mut base, used) = self.base(base, links)?;
        let mut class = base.class.clone();
        let mut codes = Vec::new();
        let mut lifted = false;
        let mut rest = links.get(used..).unwrap_or_default();
        while let Some(link) = rest.first() {
            if class.is(Class::Void) {
                return Err(error(link.at, "Operator '.' cannot be applied to operand of type 'void'"));
            }
            // A call of a delegate names the delegate itself or its `Invoke`.
            if class.is_delegate() && !lifted && !link.conditional {
                let call = match rest {
                    [Link { kind: LinkKind::Invoke(arguments), .. }, ..] => Some((arguments, 1)),
                    [
                        Link { kind: LinkKind::Member(name, _), .. },
                        Link { kind: LinkKind::Invoke(arguments), .. },
                        ..,
                    ] if &**name == "Invoke" => Some((arguments, 2)),
                    _ => None,
                };
                if let Some((arguments, length)) = call {
                    let links = std::mem::take(&mut codes);
                    let delegate = if links.is_empty() { base.code } else { Code::Chain(Box::new(base.code), links) };
                    base = self.invoke_delegate(link.at, Typed::new(delegate, class), arguments)?;
                    class = base.class.clone();
                    rest = rest.get(length..).unwrap_or_default();
                    continue;
                }
            }
            if link.conditional {
                lifted = true;
                if class.is_value() && !class.is(Class::Nullable) {
                    return Err(error(link.at, format!("Operator '?' cannot be applied to operand of type '{class}'")));
                }
                class = class.underlying().cloned().unwrap_or(class);
            }
            let (call, returns, length) = self.link(&class, rest)?;
            codes.push(LinkCode { conditional: link.conditional, call });
            class = returns;
            if class.is_too_big() {
                return Err(unsupported(link.at, "the type of the expression is too complex"));
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        if lifted && !class.is(Class::Void) {
            class = class.nullable();
        }
        let constant = if codes.is_empty() { base.constant } else { None };
        let code = if codes.is_empty() { base.code } else { Code::Chain(Box::new(base.code), codes) };
        Ok(Typed { code, class, constant })
    }

    /// Checks a member, with its call if one follows. Returns the code, the type, and the number of links used.
    fn link(&mut self, class: &Type, links: &[Link]) -> Result<(crate::program::BoundCall, Type, usize), ParseError> {
        let at = links.first().map_or(0, |link| link.at);
        match links {
            [
                Link { kind: LinkKind::Member(name, types), .. },
                Link { kind: LinkKind::Invoke(arguments), conditional: false, .. },
                ..,
            ] => {
                let types = types.iter().map(names::resolve).collect::<Result<Vec<_>, _>>()?;
                let (call, returns) = self.method(at, class, name, &types, arguments)?;
                Ok((call, returns, 2))
            }
            [Link { kind: LinkKind::Member(name, _), .. }, ..] => {
                let (call, returns) = self.property(at, class, name)?;
                Ok((call, returns, 1))
            }
            [Link { kind: LinkKind::Index(arguments), .. }, ..] => {
                let (call, returns) = self.indexer(at, class, arguments)?;
                Ok((call, returns, 1))
            }
            _ => Err(error(at, "Method name expected")),
        }
    }

    /// Checks the start of a chain. Returns it with the number of links used.
    fn base(&mut self, base: &Expr, links: &[Link]) -> Result<(Typed, usize), ParseError> {
        match &base.kind {
            ExprKind::Name(name) => match self.lookup(name).cloned() {
                Some(Local::Variable(slot, class)) => {
                    if let Some(constant) = self.constants.get(&slot) {
                        return Ok((Typed::constant(constant.clone(), class), 0));
                    }
                    let local = Typed::new(Code::Local(slot), class);
                    match links {
                        [Link { kind: LinkKind::Invoke(arguments), conditional: false, at }, ..]
                            if local.class.is_delegate() =>
                        {
                            Ok((self.invoke_delegate(*at, local, arguments)?, 1))
                        }
                        [
                            Link { kind: LinkKind::Member(method, _), conditional: false, .. },
                            Link { kind: LinkKind::Invoke(arguments), at, .. },
                            ..,
                        ] if local.class.is_delegate() && &**method == "Invoke" => {
                            Ok((self.invoke_delegate(*at, local, arguments)?, 2))
                        }
                        _ => Ok((local, 0)),
                    }
                }
                Some(Local::Function(index)) => match links.first().map(|link| &link.kind) {
                    Some(LinkKind::Invoke(arguments)) => Ok((self.function_call(base.at, name, index, arguments)?, 1)),
                    _ => Err(error(base.at, format!("the function '{name}' can only be called"))),
                },
                None if &**name == "context" => {
                    let context = Value::object(Object::Part(ContextPart::Context));
                    Ok((Typed::new(Code::Constant(context), Class::Context), 0))
                }
                None => self.type_chain(base.at, name, links),
            },
            ExprKind::Type(written) => {
                let class = names::resolve(written)?;
                self.static_member(written.at, &class, links)
            }
            ExprKind::Chain(inner, inner_links) => Ok((self.chain(inner, inner_links)?, 0)),
            _ => Ok((self.value(base)?, 0)),
        }
    }

    /// Checks a chain that begins with the name of a type: the longest dotted name that is a type.
    fn type_chain(&mut self, at: usize, first: &Arc<str>, links: &[Link]) -> Result<(Typed, usize), ParseError> {
        let mut parts = vec![Arc::clone(first)];
        for link in links {
            match &link.kind {
                LinkKind::Member(name, _) if !link.conditional && parts.len() < limits::NAME_PARTS => {
                    parts.push(Arc::clone(name))
                }
                _ => break,
            }
        }
        // The last part is the member, unless the chain is only a name.
        for length in (1..=parts.len()).rev() {
            let written = TypeName::plain(at, parts[..length].to_vec());
            let name = written.parts.join(".");
            if names::is_listed(&name) {
                // Of generic classes, only `Array` and `Enumerable` have static members, and those are not generic.
                let class = match names::class(&name) {
                    Some(description) => Type::from(description.class),
                    None => return Err(names::refusal(at, &name)),
                };
                let (value, used) = self.static_member(at, &class, links.get(length - 1..).unwrap_or_default())?;
                return Ok((value, used + length - 1));
            }
        }
        let namespace = matches!(&**first, "System" | "Newtonsoft" | "Microsoft");
        let capital = first.chars().next().is_some_and(char::is_uppercase);
        if namespace || capital && parts.len() > 1 {
            let length = if namespace { (parts.len() - 1).max(1) } else { 1 };
            return Err(names::refusal(at, &parts[..length].join(".")));
        }
        Err(error(at, format!("The name '{first}' does not exist in the current context")))
    }

    /// Checks a static member or enum value, with its call if one follows.
    fn static_member(&mut self, at: usize, class: &Type, links: &[Link]) -> Result<(Typed, usize), ParseError> {
        let Some(Link { kind: LinkKind::Member(name, types), at: member_at, conditional: false }) = links.first()
        else {
            return Err(error(at, format!("'{class}' is a type, which is not valid in the given context")));
        };
        let listed = class.class != Class::DateTimeKind || &**name == "Utc";
        if let Some((_, number)) = class.class.enumerators().iter().find(|(known, _)| listed && *known == &**name) {
            let value = Value::enumerator(class.class, *number);
            return Ok((Typed::constant(value, class.clone()), 1));
        }
        if let Some(Link { kind: LinkKind::Invoke(arguments), conditional: false, .. }) = links.get(1) {
            let types = types.iter().map(names::resolve).collect::<Result<Vec<_>, _>>()?;
            if class.is(Class::LinqEnumerable)
                && super::candidate::candidates(class, name, true).is_empty()
                && let Some((Argument { name: None, value: ArgumentValue::Plain(source) }, rest)) =
                    arguments.split_first()
            {
                // `Enumerable.Count(items)` is `items.Count()`.
                let source = self.value(source)?;
                let element = source.class.ancestors().into_iter().find(|class| class.is(Class::Enumerable));
                let Some(sequence) = element else {
                    let message = format!("'{}' is no sequence", source.class);
                    return Err(error(*member_at, message));
                };
                let (call, returns) = self.method(*member_at, &sequence, name, &types, rest)?;
                let link = LinkCode { conditional: false, call };
                return Ok((Typed::new(Code::Chain(Box::new(source.code), vec![link]), returns), 2));
            }
            return Ok((self.static_method(*member_at, class, name, &types, arguments)?, 2));
        }
        let value = self.static_property(*member_at, class, name)?;
        let (least, most) = number::bounds(class.class);
        let whole = |number: i128| Integer::fit(class.class, number).map(Value::Integer);
        let constant = match (class.class, &**name) {
            (of, "MinValue") if of.is_integer() => whole(least),
            (of, "MaxValue") if of.is_integer() => whole(most),
            (
                Class::Double | Class::Single,
                "MinValue" | "MaxValue" | "NaN" | "Epsilon" | "PositiveInfinity" | "NegativeInfinity",
            )
            | (Class::Decimal, "MinValue" | "MaxValue" | "Zero" | "One" | "MinusOne")
            | (Class::Math, "PI" | "E")
            | (Class::Char, "MinValue" | "MaxValue")
            | (Class::TimeSpan, "TicksPerDay" | "TicksPerHour" | "TicksPerMinute" | "TicksPerSecond")
            | (Class::TimeSpan, "TicksPerMillisecond") => evaluate::constant(&value.code),
            _ => None,
        };
        Ok((Typed { constant, ..value }, 1))
    }
}
