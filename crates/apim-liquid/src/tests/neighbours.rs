//! Examples of the dialect in addition to the recorded ones.

use super::render;

const BODY: &str = r#"{"s":"hello World","e":"","n":5,"l":[3,1,2],"ls":["pear","Apple","fig"],"o":{"name":"Ann"},
    "items":[{"id":1,"name":"b"},{"id":2,"name":"a"}],"d":"2021-03-04T05:06:07Z"}"#;

fn check(rows: &[(&str, &str)]) {
    for (template, expected) in rows {
        assert_eq!(render(template, BODY), *expected, "{template}");
    }
}

#[test]
fn values_and_paths() {
    check(&[
        ("{{ +5 }}|{{ 1.5.2 }}", "5|Liquid error: The input string '1.5.2' was not in a correct format."),
        (
            "{{ body . s }}",
            "[s, hello World][e, ][n, 5][l, System.Collections.Generic.List`1[System.Object]]\
          [ls, System.Collections.Generic.List`1[System.Object]][o, DotLiquid.Hash]\
          [items, System.Collections.Generic.List`1[System.Object]][d, 03/04/2021 05:06:07]",
        ),
        ("{{ body..s }}{{ body.@n }}{{ body['o'].name }}{{ body[\"o\"]['name'] }}", "hello World5AnnAnn"),
        ("{{ body.l.size }}{{ body.l.first }}{{ body.l.Size }}{{ body.s.size }}", "3311"),
        (
            "[{{ none.x.y }}]{{ body.l[9] }}|",
            "[]Liquid error: Index was out of range. Must be non-negative and less than \
          the size of the collection. (Parameter 'index')|",
        ),
        ("{% assign i='out' %}{% for i in body.l %}{{ i }}{% endfor %}{{ i }}", "312out"),
        (
            "{% for i in body.o %}{{ i.Key }}={{ i.Value }}{{ i.key }}{{ i.VALUE }}{{ i['key'] }}{% endfor %}",
            "name=Ann",
        ),
        ("[{{ body.O.name }}{{ body.o.Name }}{{ Body.n }}{{ body.l.First }}]", "[]"),
        ("[\n{% JSONArrayFor i in body.l %} {{ i }}\n{% endJSONArrayFor %}]", "[\n 3,\n 1,\n 2\n]"),
        ("[{% JSONArrayFor i in body.none %}{{ i }}{% endJSONArrayFor %}]", "[]"),
    ]);
}

#[test]
fn replacements_are_those_of_dotnet() {
    check(&[
        (r"{{ 'aab' | Replace: 'a*', 'x' }}", "xxbx"),
        (
            r"{{ 'banana' | Replace: '*', 'x' }}",
            "Liquid error: Invalid pattern '*' at offset 1. Quantifier '*' following nothing.",
        ),
        (r"{{ 'banana' | RemoveFirst: '(' }}", "Liquid error: Invalid pattern '(' at offset 1. Not enough )'s."),
        (
            r"{{ 'banana' | ReplaceFirst: 'a\', 'x' }}",
            r"Liquid error: Invalid pattern 'a\' at offset 2. Illegal \ at end of pattern.",
        ),
        (r"{{ 'banana' | Replace: 'n', '<$`|$&>' }}", "ba<ba|n>a<bana|n>a"),
    ]);
}

#[test]
fn conditions_group_from_the_right_and_convert_to_the_left() {
    check(&[
        ("{% if false and true or true %}T{% else %}F{% endif %}", "F"),
        ("{% if true or false and false %}T{% else %}F{% endif %}", "T"),
        ("{% if 2 > 1.5 %}T{% else %}F{% endif %}{% if 1 < 1.5 %}T{% else %}F{% endif %}", "FT"),
        ("{% if '10' < 9 %}T{% else %}F{% endif %}{% if true == 'true' %}T{% else %}F{% endif %}", "TT"),
        ("{% if body.n ==5 %}T{% else %}F{% endif %}{% if 'a'=='a' %}T{% else %}F{% endif %}", "TT"),
        (
            "{% if body.s contains 5 %}T{% endif %}",
            "Liquid error: Unable to cast object of type 'System.Int32' to type \
          'System.String'.",
        ),
        ("{% if true or 1 foo 2 %}T{% endif %}{% if body.d == '2021-03-04T05:06:07Z' %}T{% endif %}", "TT"),
        ("{% case body.n %}{% when 5 %}a{% when 5, 5 %}b{% else %}c{% endcase %}", "abb"),
        ("{% unless body.n == 5 %}a{% elsif true %}b{% else %}c{% endunless %}", "b"),
    ]);
}

#[test]
fn tags() {
    check(&[
        ("{% tablerow i in body.none2 cols:2 %}x{% endtablerow %}", ""),
        ("{% tablerow i in body.e cols:2 %}x{% endtablerow %}", "<tr class=\"row1\">\n</tr>\n"),
        (
            "{% tablerow i in body.l %}x{% endtablerow %}",
            "Liquid error: The given key 'cols' was not present in the \
          dictionary.",
        ),
        (
            "{% for i in body.l reversed %}{{ i }}{{ forloop.rindex0 }}{{ forloop.last }};{% endfor %}",
            "22false;11false;30true;",
        ),
        ("{% for i in body.l limit:0 %}x{% endfor %}{% for i in body.l limit:-1 %}x{% endfor %}|", "|"),
        ("{% for i in body.s limit:2 %}{{ i }}.{% endfor %}{% for i in 5 %}x{% endfor %}", "h.e."),
        ("{% for item-x in body.l %}{{ item-x }}{% endfor %}|", "|"),
        ("{% capture 'x' %}a{{ body.n }}{% endcapture %}{{ x }}", "a5"),
        ("{% cycle 'g': 'a', 'b' %}{% cycle 'h': 'a', 'b' %}{% cycle 'g': 'a', 'b' %}", "aab"),
        ("{% cycle body.none, 1 %}", "Liquid error: Object reference not set to an instance of an object."),
        ("{% for i in (1..3) %}{% ifchanged %}x{% endifchanged %}{{ i }}{% endfor %}", "x123"),
        ("{% include 'x' %}|", "Liquid error: Error - This liquid context does not allow includes|"),
        ("{% if %}x{% endif %}", "refused: Syntax Error in 'if' tag - Valid syntax: if [expression]"),
        ("{% IF true %}", "refused: Unknown tag 'IF'"),
        ("{%%}", "refused: Tag '{%%}' was not properly terminated with regexp: (?-mix:\\%\\})"),
        ("a{% continue %}b", "a"),
    ]);
}

#[test]
fn filters() {
    check(&[
        ("{{ 2.50 | Append: '' }}|{{ true | Append: '' }}|{{ 1.10 | Times: 1.10 }}", "2.50|True|1.21"),
        ("{{ body.s | | Upcase | }}|{{ body.s | upcase }}", "HELLO WORLD|hello World"),
        ("{{ 'abc' | Truncate: 1.6, '' }}|{{ 'hello' | Slice: -9, 6 }}|{{ 'hello' | Slice: 1, 3 }}", "ab|he|ell"),
        (
            "{{ \"don't stop\" | Capitalize }}|{{ '1st place' | Capitalize }}|{{ 'HELLO WORLD' | Capitalize }}",
            "Don't Stop|1St Place|HELLO WORLD",
        ),
        ("{{ '&amp;' | Escape }}|{{ 'é你😀' | Escape }}|{{ '~' | UrlEncode }}", "&amp;amp;|&#233;你&#128512;|%7E"),
        ("{{ 'a.b.c' | Replace: '.', '-' }}|{{ 'banana' | Replace: '(a)(n)','$2$1' }}", "-----|bnanaa"),
        ("{{ 'banana' | ReplaceFirst: 'a','$0' }}|{{ 'banana' | RemoveFirst: '.' }}", "b$0nana|anana"),
        ("{{ 'one two three' | TruncateWords: 2 }}|{{ 'hello world' | Truncate: 2 }}", "one two...|..."),
        ("{{ body.ls | Sort | Join: ',' }}|{{ 'b,a,C' | Split: ',' | Sort | Join: ',' }}", "Apple,fig,pear|a,b,C"),
        ("{{ body.items | Map: 'name' | Join: ',' }}|{{ 'ab' | Times: 2 }}|{{ 'ab' | Times: 0 }}", "b,a|abab|"),
        (
            "{{ '1' | Plus: 1 }}|{{ '5' | Minus: 0.5 }}|{{ 7.0 | DividedBy: 3 }}",
            "11|4.5|2.3333333333333333333333333333",
        ),
        ("{{ 0.1 | Plus: 0.2 }}|{{ 7 | DividedBy: 0.0 }}|{{ 7.5 | Modulo: 0 }}", "0.3|Infinity|NaN"),
        ("{{ 'x' | Minus: 0.5 }}", "Liquid error: The input string 'x' was not in a correct format."),
        (
            "{{ body.d | Date: 'hh:mm tt' }}|{{ body.d | Date: 'dddd, MMMM d, yyyy' }}",
            "05:06 AM|Thursday, March 4, 2021",
        ),
        (
            "{{ 'not a date' | Date: 'yyyy' }}|{{ body.d | Date: '%H' }}|{{ body.d | Date: 'yyyy' | Plus: 1 }}",
            "not a date|5|20211",
        ),
        (
            "{{ body.d | Date: 'R' }}|{{ body.d | Date: 'o' }}",
            "Thu, 04 Mar 2021 05:06:07 GMT|2021-03-04T05:06:07.0000000Z",
        ),
        ("{{ 1234.5 | Currency: 'de-DE' }}|{{ 1.245 | Round: 2 }}|{{ 5 | Default: 'x' }}", "1.234,50 €|1.24|5"),
        (
            "{{ 1.5 | Ceil }}|{{ body.s | Append }}",
            "1.5|Liquid syntax error: Error - Filter 'Append' does not have a default \
          value for 'string' and no value was supplied",
        ),
    ]);
}
