//! Finds liquid templates in a policy file. Inside them `@(` and `{{…}}` belong to the template.

use std::ops::Range;

/// Returns the content of each `<set-body template="liquid">`.
pub(super) fn templates(text: &str) -> Vec<Range<usize>> {
    const START: &str = "<set-body";
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('<').map(|start| at + start) {
        let rest = &text[start..];
        if rest.starts_with("<!--") {
            let Some(end) = rest.find("-->") else { break };
            at = start + end;
        } else if rest.starts_with("<![CDATA[") {
            // CDATA is text, even if it looks like markup.
            let Some(end) = rest.find("]]>") else { break };
            at = start + end;
        } else if let Some(tag) = rest.strip_prefix(START) {
            let Some(end) = tag_end(tag) else { break };
            at = start + START.len() + end + 1;
            if is_liquid(&tag[..end]) && !tag[..end].ends_with('/') {
                let Some(end) = text[at..].find("</set-body") else { break };
                found.push(at..at + end);
                at += end;
            }
        } else {
            at = start + 1;
        }
    }
    found
}

/// Returns the template around a position.
pub(super) fn template_around(templates: &[Range<usize>], at: usize) -> Option<&Range<usize>> {
    let after = templates.partition_point(|template| template.start <= at);
    templates[..after].last().filter(|template| template.contains(&at))
}

/// Returns the end of a start tag. A `>` in a quoted value does not end it.
pub(super) fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.char_indices().find_map(|(at, c)| {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        None
    })
}

fn is_liquid(attributes: &str) -> bool {
    let rest = attributes.match_indices("template").map(|(at, name)| attributes[at + name.len()..].trim_start());
    rest.filter_map(|rest| rest.strip_prefix('=')).any(|value| {
        let value = value.trim_start();
        value.starts_with("\"liquid\"") || value.starts_with("'liquid'")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_content_of_liquid_templates_is_theirs() {
        let text = "<a><set-body>x</set-body><set-body id='>' template = 'liquid' >{{ y }}</set-body>\
                    <set-body template=\"liquid\" /><!-- <set-body template=\"liquid\">z</set-body> --></a>";
        let found: Vec<_> = templates(text).into_iter().map(|part| &text[part]).collect();
        assert_eq!(found, ["{{ y }}"]);
        let hidden =
            "<v><![CDATA[<set-body template=\"liquid\">]]></v>{{ x }}<set-body template=\"liquid\">y</set-body>";
        assert_eq!(templates(hidden).into_iter().map(|part| &hidden[part]).collect::<Vec<_>>(), ["y"]);
        assert!(templates("<set-body template=\"liquid").is_empty());
        assert!(templates("<set-body template=\"liquid\">x").is_empty());
    }
}
