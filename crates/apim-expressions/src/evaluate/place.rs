//! Assignments.

use super::{Machine, Outcome};
use crate::{
    problem::Failure,
    program::{How, WritablePlace, Write},
    value::Value,
};

impl Machine<'_> {
    pub(super) fn write(&mut self, write: &Write) -> Outcome {
        match &write.place {
            WritablePlace::Local(slot) => {
                let old = self.local(*slot);
                let (new, result) = self.assigned(&write.how, old)?;
                self.set_local(*slot, new);
                Ok(result)
            }
            WritablePlace::Member { object, arguments, read, write: setter } => {
                let object = self.evaluate(object)?;
                let mut arguments = self.values(arguments)?;
                if object.is_null() {
                    return Err(Failure::null_reference());
                }
                let old = match read {
                    Some(getter) => self.member(getter, object.clone(), arguments.clone())?.0,
                    None => Value::Null,
                };
                let (new, result) = self.assigned(&write.how, old)?;
                arguments.push(new);
                self.member(setter, object, arguments)?;
                Ok(result)
            }
        }
    }

    /// Puts a value that already exists into a place.
    pub(super) fn put(&mut self, place: &WritablePlace, value: Value) -> Result<(), Failure> {
        match place {
            WritablePlace::Local(slot) => self.set_local(*slot, value),
            WritablePlace::Member { object, arguments, write, .. } => {
                let object = self.evaluate(object)?;
                let mut arguments = self.values(arguments)?;
                if object.is_null() {
                    return Err(Failure::null_reference());
                }
                arguments.push(value);
                self.member(write, object, arguments)?;
            }
        }
        Ok(())
    }

    /// Returns the new value of the place, and the value of the whole assignment expression.
    fn assigned(&mut self, how: &How, old: Value) -> Result<(Value, Value), Failure> {
        match how {
            How::Set(value) => {
                let value = self.evaluate(value)?;
                Ok((value.clone(), value))
            }
            How::Update { operation, operand, back, gives_old } => {
                let operand = self.evaluate(operand)?;
                let result = self.apply(*operation, &old, &operand)?;
                let new = self.convert(result, back)?;
                Ok((new.clone(), if *gives_old { old } else { new }))
            }
        }
    }
}
