//! The quotes in TROUBLESHOOTING.md are messages that a reader sees.

use crate::{prose, texts};

const TROUBLESHOOTING: &str = include_str!("../../TROUBLESHOOTING.md");

/// The heading of the part about answers of Azure. The code does not give these answers.
const OF_AZURE: &str = "Deployment";

/// Messages of a library, and messages that the code joins from smaller pieces.
const KNOWN: [&str; 3] = [
    "The requested identity has not been assigned to this resource",
    "Token limit is exceeded. Try again in … seconds.",
    "Token quota is exceeded. Try again in …",
];

/// The beginnings of commands.
const PROGRAMS: [&str; 6] = ["az ", "azd ", "cargo ", "dotnet ", "func ", "go "];

/// Returns the quoted messages of three words and more.
fn quotes(text: &str) -> Vec<String> {
    let mut sections: Vec<&str> = text.split("\n## ").collect();
    sections.retain(|section| section.lines().next() != Some(OF_AZURE));
    let prose = prose(&sections.join("\n"));
    let quotes = prose.split('`').skip(1).step_by(2);
    let messages = quotes.filter(|quote| !PROGRAMS.iter().any(|program| quote.starts_with(program)));
    messages.filter(|quote| quote.split_whitespace().count() > 2).map(one_line).collect()
}

/// Joins the lines of a document or of a Rust string with one blank.
fn one_line(text: &str) -> String {
    text.replace("\\\n", " ").replace("\\\"", "\"").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the quotes with a piece between `…` or `N` that is nowhere in the code.
fn unknown(text: &str, code: &str) -> Vec<String> {
    let is_there = |quote: &String| {
        let pieces = quote.split('…').flat_map(|piece| piece.split(" N "));
        pieces.map(|piece| piece.trim_matches([' ', ':', '.'])).all(|piece| code.contains(piece))
    };
    quotes(text).into_iter().filter(|quote| !is_there(quote)).collect()
}

#[test]
fn quoted_messages_are_those_of_the_code() {
    let folders = ["src", "crates", "local-azure/src"];
    let files = folders.into_iter().flat_map(|folder| texts(folder, &[".rs", ".js", ".html"]));
    let product =
        files.filter(|(path, _)| !path.iter().any(|part| ["tests", "tests.rs"].iter().any(|name| part == *name)));
    let code: Vec<String> = product.map(|(_, text)| one_line(&text)).collect();
    assert!(quotes(TROUBLESHOOTING).len() > 30, "the quotes are found");
    assert_eq!(unknown(TROUBLESHOOTING, &code.join("\n")), KNOWN);
}

#[test]
fn a_message_that_changed_is_seen() {
    let text = "# A\n`port N is in use` `port N is taken` `no word of\nit: …` `cargo local start here`\n## Deployment\n`of Azure it is`\n";
    let code = one_line("\"port {port} is in use\"; \"no word \\\n    of it: {why}\"");
    assert_eq!(unknown(text, &code), ["port N is taken"]);
}
