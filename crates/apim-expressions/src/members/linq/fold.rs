//! The members of LINQ that make one value from many.

use rust_decimal::Decimal;

use super::super::{
    Member,
    access::{length, within},
    row,
};
use super::filtered;
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::{Class, Type},
    value::{Integer, Value, decimal, equality},
};

const NONE: &str = "Sequence contains no elements";
const NO_MATCH: &str = "Sequence contains no matching element";

pub(crate) const FOLD: &[Member] = &[
    row("First", "extension () -> E", |call| one(call, Pick::First, false)),
    row("First", "extension (Func<E, bool> predicate) -> E", |call| one(call, Pick::First, false)),
    row("FirstOrDefault", "extension () -> E", |call| one(call, Pick::First, true)),
    row("FirstOrDefault", "extension (Func<E, bool> predicate) -> E", |call| one(call, Pick::First, true)),
    row("Last", "extension () -> E", |call| one(call, Pick::Last, false)),
    row("Last", "extension (Func<E, bool> predicate) -> E", |call| one(call, Pick::Last, false)),
    row("LastOrDefault", "extension () -> E", |call| one(call, Pick::Last, true)),
    row("LastOrDefault", "extension (Func<E, bool> predicate) -> E", |call| one(call, Pick::Last, true)),
    row("Single", "extension () -> E", |call| one(call, Pick::Single, false)),
    row("Single", "extension (Func<E, bool> predicate) -> E", |call| one(call, Pick::Single, false)),
    row("SingleOrDefault", "extension () -> E", |call| one(call, Pick::Single, true)),
    row("SingleOrDefault", "extension (Func<E, bool> predicate) -> E", |call| one(call, Pick::Single, true)),
    row("ElementAt", "extension (int index) -> E", |call| {
        let items = call.this_items()?.1;
        let at = within(call.int(0), items.len()).ok_or_else(Failure::index_out_of_range)?;
        Ok(items[at].clone())
    }),
    row("ElementAtOrDefault", "extension (int index) -> E", |call| {
        let (element, items) = call.this_items()?;
        let found = within(call.int(0), items.len()).map(|at| items[at].clone());
        Ok(found.unwrap_or_else(|| Value::default_of(&element)))
    }),
    row("LongCount", "extension () -> long", |call| {
        Ok(call.this_items()?.1.len().try_into().map_or(Value::Null, |n: i64| n.into()))
    }),
    row("LongCount", "extension (Func<E, bool> predicate) -> long", |call| {
        let items = call.this_items()?.1;
        let count = filtered(call, items)?.len();
        Ok(i64::try_from(count).unwrap_or_default().into())
    }),
    row("Aggregate", "extension <A, R>(A seed, Func<A, E, A> func, Func<A, R> resultSelector) -> R", |call| {
        let items = call.this_items()?.1;
        let (lambda, last) = (call.lambda(1)?, call.lambda(2)?);
        let mut result = call.argument(0).clone();
        for item in items {
            result = call.machine.invoke(&lambda, &[result, item])?;
        }
        call.machine.invoke(&last, &[result])
    }),
    row("Contains", "extension (E value, StringComparer comparer) -> bool", |call| {
        let items = call.this_items()?.1;
        call.work(items.len() * 64)?;
        let comparer = super::comparer_of(call.argument(1));
        Ok(Value::Bool(items.iter().any(|item| super::same(item, call.argument(0), comparer))))
    }),
    row("Any", "extension () -> bool", any),
    row("Any", "extension (Func<E, bool> predicate) -> bool", any),
    row("All", "extension (Func<E, bool> predicate) -> bool", |call| {
        let items = call.this_items()?.1;
        let all = items.len();
        Ok(Value::Bool(filtered(call, items)?.len() == all))
    }),
    row("Count", "extension () -> int", count),
    row("Count", "extension (Func<E, bool> predicate) -> int", count),
    row("Contains", "extension (E value) -> bool", |call| {
        let items = call.this_items()?.1;
        call.work(items.len() * 32)?;
        Ok(Value::Bool(items.iter().any(|item| equality::equal(item, call.argument(0)))))
    }),
    row("SequenceEqual", "extension (IEnumerable<E> second) -> bool", |call| {
        let (one, two) = (call.this_items()?.1, call.items(0)?);
        call.work(one.len() * 32)?;
        Ok(Value::Bool(one.len() == two.len() && one.iter().zip(&two).all(|(one, two)| equality::equal(one, two))))
    }),
    row("Sum", "extension () -> E", |call| {
        let items = call.this_items()?.1;
        sum(&items, &call.type_argument(0))
    }),
    row("Sum", "extension <R>(Func<E, R> selector) -> R", |call| {
        let results = super::mapped(call)?;
        sum(&results, &call.type_argument(0))
    }),
    row("Average", "extension () -> double", |call| {
        let items = call.this_items()?.1;
        average(&items, &call.type_argument(0))
    }),
    row("Average", "extension <R>(Func<E, R> selector) -> double", |call| {
        let results = super::mapped(call)?;
        average(&results, &call.type_argument(0))
    }),
    row("Max", "extension () -> E", |call| extreme(call, true)),
    row("Max", "extension <R>(Func<E, R> selector) -> R", |call| extreme(call, true)),
    row("Min", "extension () -> E", |call| extreme(call, false)),
    row("Min", "extension <R>(Func<E, R> selector) -> R", |call| extreme(call, false)),
    row("Aggregate", "extension (Func<E, E, E> func) -> E", |call| {
        let items = call.this_items()?.1;
        let lambda = call.lambda(0)?;
        let mut items = items.into_iter();
        let mut result = items.next().ok_or_else(|| Failure::invalid_operation(NONE))?;
        for item in items {
            result = call.machine.invoke(&lambda, &[result, item])?;
        }
        Ok(result)
    }),
    row("Aggregate", "extension <A>(A seed, Func<A, E, A> func) -> A", |call| {
        let items = call.this_items()?.1;
        let lambda = call.lambda(1)?;
        let mut result = call.argument(0).clone();
        for item in items {
            result = call.machine.invoke(&lambda, &[result, item])?;
        }
        Ok(result)
    }),
];

#[derive(Clone, Copy, PartialEq)]
enum Pick {
    First,
    Last,
    Single,
}

fn one(call: &mut Call<'_, '_>, wanted: Pick, or_default: bool) -> Outcome {
    let (element, items) = call.this_items()?;
    let items = filtered(call, items)?;
    if wanted == Pick::Single && items.len() > 1 {
        let message = if call.count() == 0 { "element" } else { "matching element" };
        return Err(Failure::invalid_operation(format!("Sequence contains more than one {message}")));
    }
    let found = if wanted == Pick::Last { items.last() } else { items.first() };
    match found {
        Some(item) => Ok(item.clone()),
        None if or_default => Ok(Value::default_of(&element)),
        None => Err(Failure::invalid_operation(if call.count() == 0 { NONE } else { NO_MATCH })),
    }
}

fn any(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.this_items()?.1;
    Ok(Value::Bool(!filtered(call, items)?.is_empty()))
}

fn count(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.this_items()?.1;
    Ok(length(filtered(call, items)?.len()))
}

fn sum(items: &[Value], class: &Type) -> Outcome {
    let overflow = || Failure::overflow("Arithmetic operation resulted in an overflow.");
    let items = items.iter().filter(|item| !item.is_null());
    let class = class.underlying().unwrap_or(class).class;
    match class {
        Class::Double => Ok(Value::Double(items.map(double).fold(0.0, |sum, one| sum + one))),
        Class::Single => Ok(Value::Single(items.map(double).fold(0.0, |sum, one| sum + one) as f32)),
        Class::Decimal => {
            let mut total = Decimal::ZERO;
            for item in items {
                total = total.checked_add(decimal(item)).ok_or_else(overflow)?;
            }
            Ok(Value::Decimal(total))
        }
        _ => {
            let total = items.map(whole).sum();
            Integer::fit(class, total).map(Value::Integer).ok_or_else(overflow)
        }
    }
}

fn whole(item: &Value) -> i128 {
    match item {
        Value::Integer(number) => number.wide(),
        Value::Char(unit) => i128::from(*unit),
        _ => 0,
    }
}

fn double(item: &Value) -> f64 {
    match item {
        Value::Double(number) => *number,
        Value::Single(number) => (*number).into(),
        other => whole(other) as f64,
    }
}

fn decimal(item: &Value) -> Decimal {
    if let Value::Decimal(number) = item { *number } else { Decimal::from_i128_with_scale(whole(item), 0) }
}

/// Returns the average. It is null for a sequence of nullable numbers that has no number.
fn average(items: &[Value], class: &Type) -> Outcome {
    let count = items.iter().filter(|item| !item.is_null()).count();
    let plain = class.underlying().unwrap_or(class).class;
    if count == 0 {
        return if class.is(Class::Nullable) { Ok(Value::Null) } else { Err(Failure::invalid_operation(NONE)) };
    }
    let total = items.iter().filter(|item| !item.is_null()).map(double).sum::<f64>() / count as f64;
    Ok(match plain {
        Class::Decimal => match sum(items, class)? {
            Value::Decimal(total) => decimal::divide(total, Decimal::from(count)).map_or(Value::Null, Value::Decimal),
            other => other,
        },
        Class::Single => Value::Single(total as f32),
        _ => Value::Double(total),
    })
}

fn extreme(call: &mut Call<'_, '_>, largest: bool) -> Outcome {
    let (class, items) =
        if call.count() == 0 { call.this_items()? } else { (call.type_argument(0), super::mapped(call)?) };
    let mut items = items.into_iter().filter(|item| !item.is_null());
    let Some(mut best) = items.next() else {
        return if class.is_value() && !class.is(Class::Nullable) {
            Err(Failure::invalid_operation(NONE))
        } else {
            Ok(Value::Null)
        };
    };
    for item in items {
        call.work(item.as_str().map_or(8, str::len))?;
        let order = equality::compare(&item, &best)
            .ok_or_else(|| Failure::argument("At least one object must implement IComparable."))?;
        if order.is_gt() == largest && order.is_ne() {
            best = item;
        }
    }
    Ok(best)
}
