//! The commands of local-azure and their arguments, as its own `--help` lists them. So a new command is included
//! automatically.

use std::process::Command;

/// One command, such as `policy check`.
#[derive(Clone, Debug)]
pub(crate) struct CommandShape {
    pub(crate) words: Vec<String>,
    /// Positional arguments. Required ones have `true`.
    pub(crate) positional: Vec<(Value, bool)>,
    pub(crate) options: Vec<(String, Option<Value>)>,
}

/// The kind of an argument's value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// A file or folder.
    Path,
    /// Any other text, taken from these.
    Text(Vec<String>),
}

/// Lists every command that does something.
pub(crate) fn all() -> Vec<CommandShape> {
    let mut found = Vec::new();
    collect(&mut Vec::new(), &mut found);
    assert!(found.len() >= 12, "only {found:?}");
    found
}

fn collect(words: &mut Vec<String>, found: &mut Vec<CommandShape>) {
    let output = Command::new(env!("CARGO_BIN_EXE_local-azure")).args(&*words).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let commands: Vec<_> = section(&help, "Commands:").into_iter().map(first_word).collect();
    for command in commands.iter().filter(|command| **command != "help") {
        words.push((*command).to_owned());
        collect(words, found);
        words.pop();
    }
    if commands.is_empty() {
        let entries = entries(&section(&help, "Arguments:"));
        let positional = entries.iter().map(|entry| (value(entry, first_word(entry)), entry.trim().starts_with('<')));
        let options = self::entries(&section(&help, "Options:"));
        let options = options.iter().filter_map(|entry| option(entry)).collect();
        found.push(CommandShape { words: words.clone(), positional: positional.collect(), options });
    }
}

/// Returns the indented lines below a heading.
fn section<'h>(help: &'h str, heading: &str) -> Vec<&'h str> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| line.is_empty() || line.starts_with(' ')).filter(|line| !line.is_empty()).collect()
}

/// Returns each entry with the lines that explain it.
fn entries(lines: &[&str]) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in lines {
        let text = line.trim_start();
        let is_entry = line.len() - text.len() <= 6 && text.starts_with(['-', '<', '[']) && !text.starts_with("[p");
        match entries.last_mut() {
            Some(entry) if !is_entry => *entry += line,
            _ => entries.push(text.to_owned()),
        }
    }
    entries
}

fn first_word(line: &str) -> &str {
    line.split_whitespace().next().unwrap()
}

fn option(entry: &str) -> Option<(String, Option<Value>)> {
    let name = entry.split([' ', ',']).find(|word| word.starts_with("--"))?;
    if ["--help", "--version"].contains(&name) {
        return None;
    }
    let placeholder = entry.split_once(name)?.1.strip_prefix(' ').filter(|rest| rest.starts_with('<'));
    Some((name.to_owned(), placeholder.map(|rest| value(entry, first_word(rest)))))
}

fn value(entry: &str, placeholder: &str) -> Value {
    let texts = |texts: &[&str]| Value::Text(texts.iter().map(|text| (*text).to_owned()).collect());
    if let Some((_, values)) = entry.split_once("[possible values: ") {
        let values = values.split(']').next().unwrap();
        return Value::Text(values.split(", ").map(str::to_owned).collect());
    }
    if let Some((_, values)) = entry.split_once("Possible values:") {
        let values = values.split("- ").skip(1).map(|value| value.split([':', ' ']).next().unwrap().to_owned());
        return Value::Text(values.collect());
    }
    match placeholder.trim_end_matches("...").trim_matches(['<', '>', '[', ']']) {
        "FILE" | "FOLDER" | "DIR" | "DIRECTORY" | "PATH" | "PATHS" => Value::Path,
        "PORT" => texts(&["0"]),
        "COUNT" => texts(&["1"]),
        "JOB" => texts(&["main"]),
        "SPEC" => texts(&["key-vault:throttled,count=1"]),
        "NAME" => texts(&["order_report", "tick"]),
        "IDENTITY" => texts(&["id-keyless-reader"]),
        "RESOURCE" => texts(&["https://vault.azure.net"]),
        "SUBSCRIPTION" => texts(&["keyless-functions"]),
        "JSON" => texts(&["{}"]),
        "METHOD" => texts(&["GET"]),
        "NAME:VALUE" => texts(&["a:b"]),
        "ID" => texts(&["1234"]),
        "NAME=VALUE" => texts(&["a=b"]),
        "KEY" => texts(&["key"]),
        "EXPRESSION" => texts(&["0 * * * * *"]),
        "INSTANT" => texts(&["2026-11-20T00:00:00Z"]),
        other => panic!("say here what {other} stands for: {entry}"),
    }
}
