//! `XName`: a local name in a namespace. Equal names are one object in .NET.

use std::{fmt, sync::Arc};

use crate::problem::Failure;

/// The namespace of `xmlns:a="…"` itself.
const DECLARATIONS: &str = "http://www.w3.org/2000/xmlns/";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) namespace: Arc<str>,
    pub(crate) local: Arc<str>,
}

impl Name {
    /// Makes a name as the parser of a document found it.
    pub(super) fn found(namespace: Option<&str>, local: &str) -> Self {
        Self { namespace: namespace.unwrap_or_default().into(), local: local.into() }
    }

    /// `namespace + local`
    pub(crate) fn new(namespace: &Arc<str>, local: &str) -> Result<Self, Failure> {
        check(local)?;
        Ok(Self { namespace: Arc::clone(namespace), local: local.into() })
    }

    /// Makes a name from `local` or `{namespace}local`, as a string becomes a name.
    pub(crate) fn expanded(text: &str) -> Result<Self, Failure> {
        let invalid = || Failure::argument(format!("'{text}' is an invalid expanded name."));
        if text.is_empty() {
            return Err(invalid());
        }
        let Some(rest) = text.strip_prefix('{') else { return Self::new(&Arc::default(), text) };
        match rest.rsplit_once('}') {
            Some((namespace, local)) if !namespace.is_empty() && !local.is_empty() => {
                Self::new(&namespace.into(), local)
            }
            _ => Err(invalid()),
        }
    }

    /// Returns the name of `xmlns:prefix="…"` or `xmlns="…"`.
    pub(super) fn declaration(prefix: &str) -> Self {
        let namespace = if prefix.is_empty() { "" } else { DECLARATIONS };
        Self { namespace: namespace.into(), local: if prefix.is_empty() { "xmlns" } else { prefix }.into() }
    }

    /// Returns the prefix that an attribute of this name declares.
    pub(crate) fn declares(&self) -> Option<&str> {
        if &*self.namespace == DECLARATIONS {
            return Some(&self.local);
        }
        (self.namespace.is_empty() && &*self.local == "xmlns").then_some("")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.local)
        } else {
            write!(f, "{{{}}}{}", self.namespace, self.local)
        }
    }
}

/// Refuses characters that names must not have (www.w3.org/TR/xml-names/#NT-NCName).
fn check(local: &str) -> Result<(), Failure> {
    let starts = |c: char| c.is_alphabetic() || c == '_';
    let continues = |c: char| starts(c) || c.is_numeric() || matches!(c, '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}');
    let wrong = local.char_indices().find(|(at, c)| if *at == 0 { !starts(*c) } else { !continues(*c) });
    let code = |c: char| format!("'{c}' character, hexadecimal value 0x{:02X}", u32::from(c));
    match wrong {
        None => Ok(()),
        Some((0, c)) => Err(Failure::xml(format!("Name cannot begin with the {}.", code(c)))),
        Some((_, c)) => Err(Failure::xml(format!("The {}, cannot be included in a name.", code(c)))),
    }
}
