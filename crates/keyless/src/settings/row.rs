//! One setting, declared once as a row, and the texts made from rows.

use std::{borrow::Cow, marker::PhantomData};

use super::value::SettingType;

/// A setting: name, type, the meaning of its absence, and one sentence.
pub struct Setting<T> {
    name: Cow<'static, str>,
    meaning: Cow<'static, str>,
    absent: Absent,
    example: Option<&'static str>,
    kind: PhantomData<fn() -> T>,
}

/// The meaning of an absent setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The app cannot start.
    IsAnError,
    /// This value is used instead.
    Default(&'static str),
    /// The meaning in words.
    Means(&'static str),
}

impl<T> Setting<T> {
    /// A setting that the app cannot start without.
    #[must_use]
    pub const fn required(name: &'static str, meaning: &'static str) -> Self {
        Self::new(Cow::Borrowed(name), Cow::Borrowed(meaning), Absent::IsAnError)
    }

    /// A setting with a default, in the form in which a person would write it.
    #[must_use]
    pub const fn with_default(name: &'static str, default: &'static str, meaning: &'static str) -> Self {
        Self::new(Cow::Borrowed(name), Cow::Borrowed(meaning), Absent::Default(default))
    }

    /// A setting that may be absent; `absent` says what that means.
    #[must_use]
    pub const fn optional(name: &'static str, absent: &'static str, meaning: &'static str) -> Self {
        Self::new(Cow::Borrowed(name), Cow::Borrowed(meaning), Absent::Means(absent))
    }

    pub(crate) const fn new(name: Cow<'static, str>, meaning: Cow<'static, str>, absent: Absent) -> Self {
        Self { name, meaning, absent, example: None, kind: PhantomData }
    }

    /// The value in `local.settings.json.example`, if the default is not a good example.
    #[must_use]
    pub const fn with_example(mut self, example: &'static str) -> Self {
        self.example = Some(example);
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn absent(&self) -> &Absent {
        &self.absent
    }
}

impl<T: SettingType> Setting<T> {
    /// The same setting without its type.
    #[must_use]
    pub fn row(&self) -> Row {
        Row {
            name: self.name.clone(),
            expected: T::EXPECTED,
            meaning: self.meaning.clone(),
            absent: self.absent.clone(),
            example: self.example,
        }
    }
}

/// A [`Setting`] without its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The name.
    pub name: Cow<'static, str>,
    /// The expected form of the value.
    pub expected: &'static str,
    /// The purpose, in one sentence.
    pub meaning: Cow<'static, str>,
    /// The meaning of an absent setting.
    pub absent: Absent,
    example: Option<&'static str>,
}

impl Row {
    /// Returns the row without its name, as cells of a table.
    fn description(&self) -> String {
        let absent = match &self.absent {
            Absent::IsAnError => "an error".to_owned(),
            Absent::Default(default) => format!("`{default}`"),
            Absent::Means(meaning) => (*meaning).to_owned(),
        };
        let cell = |text: &str| text.replace('|', "\\|");
        format!("{} Expected: {}. | {}", cell(&self.meaning), cell(self.expected), cell(&absent))
    }

    /// Returns the value for an example of the settings: the declared one, otherwise the default, otherwise nothing.
    #[must_use]
    pub fn example(&self) -> &'static str {
        match (self.example, &self.absent) {
            (Some(example), _) => example,
            (None, Absent::Default(default)) => default,
            (None, Absent::IsAnError | Absent::Means(_)) => "",
        }
    }
}

/// Writes the rows as a table for a README. Settings that differ only by name, such as those of connections, share a
/// line.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let mut lines: Vec<(Vec<&str>, String)> = Vec::new();
    for row in rows {
        let line = row.description();
        match lines.iter_mut().find(|(_, known)| *known == line) {
            Some((names, _)) => names.push(&row.name),
            None => lines.push((vec![&row.name], line)),
        }
    }
    let mut table = String::from("| setting | is | absent |\n|---|---|---|\n");
    for (names, line) in lines {
        table.push_str(&format!("| `{}` | {line} |\n", names.join("`, `")));
    }
    table
}

/// Returns the rows as the `Values` of a `local.settings.json`, in the same order.
pub fn example(rows: &[Row]) -> impl Iterator<Item = (&str, &'static str)> {
    rows.iter().map(|row| (&*row.name, row.example()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_lines_of_the_table() {
        let rows = [
            Setting::<String>::required("A", "What a is.").with_example("x").row(),
            Setting::<String>::with_default("B", "b|c", "What b is.").row(),
            Setting::<String>::optional("C", "nothing happens", "What c is.").row(),
            Setting::<String>::required("D", "What a is.").row(),
        ];
        let expected = "| setting | is | absent |\n|---|---|---|\n\
            | `A`, `D` | What a is. Expected: a text. | an error |\n\
            | `B` | What b is. Expected: a text. | `b\\|c` |\n\
            | `C` | What c is. Expected: a text. | nothing happens |\n";
        assert_eq!(markdown(&rows), expected);
        assert_eq!(example(&rows).collect::<Vec<_>>(), [("A", "x"), ("B", "b|c"), ("C", ""), ("D", "")]);
    }
}
