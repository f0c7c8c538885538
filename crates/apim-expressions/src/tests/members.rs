//! Members of API Management's types beyond those that most policies use, each with .NET's result.

use super::{check, outcome};

#[test]
fn members_do_what_dotnet_does() {
    let rows: Vec<(String, &str)> = include_str!("members.txt")
        .lines()
        .filter_map(|line| line.split_once("  =>  "))
        .map(|(source, expected)| {
            let source = if source.starts_with('@') { source.to_owned() } else { format!("@({source})") };
            (source, expected)
        })
        .collect();
    assert!(rows.len() > 190, "{}", rows.len());
    let rows: Vec<(&str, &str)> = rows.iter().map(|(source, expected)| (source.as_str(), *expected)).collect();
    check(&rows);
}

#[test]
fn what_is_found_in_a_document_knows_its_parents() {
    for source in [
        r#"@(JObject.Parse("{\"a\":1}")["a"].Parent.Type.ToString())"#,
        r#"@{ var a = JObject.Parse("{\"a\":1}")["a"]; return a.Parent.Type.ToString(); }"#,
    ] {
        assert_eq!(outcome(source).unwrap(), "String Property", "{source}");
    }
}
