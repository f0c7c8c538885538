//! Reads the dotenv files of `cargo local start --env-file` and of `azd env get-values`.

use std::{collections::BTreeMap, fs, path::Path, str::Chars};

use super::command_error::CommandError;

/// Reads the variables of `file`. Text that only a shell could interpret (`$NAME`, a value with spaces but no quotes)
/// is an error. The error names the line, and never shows a value.
pub(super) fn read(file: &Path) -> Result<BTreeMap<String, String>, CommandError> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let lines = text.lines().map(str::trim).enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(index, line)| {
            variable(line).ok_or_else(|| {
                let hint = "not NAME=VALUE, NAME='VALUE' or NAME=\"VALUE\"";
                format!("{}, line {}: {hint}", file.display(), index + 1).into()
            })
        })
        .collect()
}

fn variable(line: &str) -> Option<(String, String)> {
    let (name, text) = line.split_once('=')?;
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    (!name.is_empty() && is_name(name)).then_some(())?;
    Some((name.to_owned(), value(text)?))
}

/// Reads a value of quoted and bare parts side by side, as in a shell.
fn value(text: &str) -> Option<String> {
    let mut value = String::new();
    let mut rest = text.chars();
    while let Some(first) = rest.next() {
        match first {
            '\'' => {
                let (quoted, after) = rest.as_str().split_once('\'')?;
                value.push_str(quoted);
                rest = after.chars();
            }
            '"' => double_quoted(&mut rest, &mut value)?,
            '\\' => value.push(rest.next()?),
            '$' | '`' | '#' => return None,
            other if other.is_whitespace() => return None,
            other => value.push(other),
        }
    }
    Some(value)
}

fn double_quoted(rest: &mut Chars<'_>, value: &mut String) -> Option<()> {
    loop {
        match rest.next()? {
            '"' => return Some(()),
            '\\' => value.push(match rest.next()? {
                'n' => '\n',
                'r' => '\r',
                other => other,
            }),
            '$' | '`' => return None,
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::env_file::quoted;

    #[test]
    fn what_start_writes_is_read_back() {
        for text in ["", "plain", "it's $HOME \"here\" # `now`", "0 */5 * * * *"] {
            assert_eq!(variable(&format!("NAME={}", quoted(text))), Some(("NAME".to_owned(), text.to_owned())));
        }
    }

    #[test]
    fn what_azd_writes_is_read() {
        let line = r#"KEYVAULT__vaultUri="https://kv.vault.azure.net/\$\"\\\!""#;
        let expected = r#"https://kv.vault.azure.net/$"\!"#;
        assert_eq!(variable(line), Some(("KEYVAULT__vaultUri".to_owned(), expected.to_owned())));
        assert_eq!(variable("PORT=80"), Some(("PORT".to_owned(), "80".to_owned())));
    }

    #[test]
    fn what_only_a_shell_understands_is_refused() {
        for line in ["NAME", "=x", "export A=b", "A=b c", "A=$HOME", "A=\"$HOME\"", "A='b", "A=\"b", "A=`b`", "A=b #c"]
        {
            assert_eq!(variable(line), None, "{line}");
        }
    }

    #[test]
    fn a_bad_line_is_named_without_its_value() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("azure.env");
        fs::write(&file, "A=1\n\n# note\nB='s3cret\n").unwrap();
        let message = read(&file).unwrap_err().to_string();
        assert!(message.contains("line 4") && !message.contains("s3cret"), "{message}");
    }
}
