//! Members of anonymous objects. The checker asks for them by position.

use super::{Member, access::within, row};
use crate::{problem::Failure, value::Object};

pub(crate) static MEMBER: Member = row("member", "(int) -> object", |call| match call.receiver.as_object() {
    Some(Object::Record(record)) => {
        let index = within(call.int(0), record.1.len()).ok_or_else(Failure::null_reference)?;
        Ok(record.1[index].clone())
    }
    _ => Err(Failure::null_reference()),
});
