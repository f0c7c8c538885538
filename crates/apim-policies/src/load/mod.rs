//! Policy files as elements, attributes and settings, without their meaning.

mod csharp;
mod edited;
mod element;
mod expression;
mod liquid;
mod named_values;
mod setting;
mod source;

pub(crate) use self::{
    element::{Count, Element},
    setting::{HttpUrl, Readable, Setting, TracedValue, Written, words},
    source::{PolicyPlace, Source},
};
