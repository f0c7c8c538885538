use proptest::prelude::*;

use super::*;

const ORDERS: &str = include_str!("orders.xml");
const GLOBAL: &str = include_str!("global.xml");

fn service() -> Service {
    let values = [
        ("tenant-id", "6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10"),
        ("orders-client-id", "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c"),
        ("orders-app-id-uri", "api://orders"),
        ("orders-read-role", "Orders.Read"),
        ("an-expression", "@(context.Secret)"),
        ("nested", "{{tenant-id}}"),
        ("broken", "<"),
    ];
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Service { named_values: values.collect(), ..Service::default() }
}

fn load(file: &str) -> Result<Document, Vec<Problem>> {
    Document::load(Scope::Api, file, &service())
}

fn problems(file: &str) -> Vec<String> {
    load(file).map(drop).unwrap_err().iter().map(ToString::to_string).collect()
}

fn inbound(content: &str) -> Vec<String> {
    problems(&format!("<policies><inbound>\n{content}\n</inbound></policies>"))
}

#[test]
fn documents_load_as_they_are_deployed() {
    assert!(load(ORDERS).is_ok(), "{:?}", load(ORDERS));
    assert!(Document::load(Scope::Global, GLOBAL, &Service::default()).is_ok());
    assert!(Document::default_global().section(Section::Backend).is_some());
}

#[test]
fn a_byte_order_mark_cdata_entities_and_comments_are_fine() {
    let file = "\u{feff}<?xml version=\"1.0\"?>\n<!-- @( \" --><policies><inbound><!-- @{ -->\
        <set-header name=\"x\"><value><![CDATA[a<b]]>&amp;<!-- @( -->&#99;</value></set-header></inbound></policies>";
    assert!(load(file).is_ok(), "{:?}", load(file));
}

#[test]
fn every_problem_is_reported_where_it_is() {
    let file = "\u{feff}<policies version='1'>
  <inbound>
    <rate-limits calls=\"5\" renewal-period=\"60\" />
    <set-header nam=\"x\" exists-action=\"replace\"><value>ö</value><values /></set-header> text
    <forward-request time=\"5\" />
    <base /><base id=\"x\"><x /></base>
  </inbound>
  <backend><validate-jwt header-name=\"Authorization\" /></backend>
  <elsewhere />
  <inbound />
  <?php ?>
</policies>";
    assert_eq!(
        problems(file),
        [
            "1:11: the attribute \"version\" of <policies> is not declared",
            "3:5: <rate-limits> is not a policy",
            "4:5: <set-header> needs the attribute \"name\"",
            "4:17: the attribute \"nam\" of <set-header> is not declared",
            "4:25: the attribute \"exists-action\" of <set-header> must be override, skip, append or delete",
            "4:56: the text of <value> must be visible ASCII",
            "4:65: <values> is not declared in <set-header>",
            "4:89: <inbound> holds text",
            "5:5: the policy <forward-request> is not allowed in <inbound>",
            "5:22: the attribute \"time\" of <forward-request> is not declared",
            "6:13: <base> appears twice in <inbound>",
            "6:19: the attribute \"id\" of <base> is not declared",
            "6:26: <x> is not declared in <base>",
            "8:12: the policy <validate-jwt> is not allowed in <backend>",
            "9:3: <elsewhere> is not a section of a policy document",
            "10:3: the section <inbound> appears twice",
            "11:3: <policies> holds a processing instruction",
        ]
    );
}

#[test]
fn expressions_are_reported_even_in_a_file_that_is_not_xml() {
    let file = r#"<policies>
  <inbound>
    <!-- <set-header name="@(" /> -->
    <choose><when condition="@(context.Variables.GetValueOrDefault<string>("a") == ")" && none < 2)"><base /></when></choose>
    <set-header name="x"><value>@{
        // it's }
        return $"Bearer {(string)context.Variables["t"]}";
    }</value><value>a @(1) b</value></set-header>
    <set-header name="@(context.Request.Method)" exists-action="delete" />
    <set-header name="{{an-expression}}" exists-action="delete" />
    <set-header name="y"><value><![CDATA[@(-"<&>")]]></value></set-header>
  </inbound>
</policies>"#;
    assert_eq!(
        problems(file),
        [
            "4:91: policy expression: The name 'none' does not exist in the current context",
            "4:102: <base> stands in a section, not in a policy or fragment",
            "8:21: the text of <value> mixes a policy expression with other text",
            "10:23: policy expression: what the named value stands for is not understood here",
            "11:44: policy expression: Operator '-' cannot be applied to operand of type 'string'",
        ]
    );
}

#[test]
fn an_expression_without_an_end_is_reported_at_its_start() {
    assert_eq!(
        inbound("<set-header name=\"@(f(\" />"),
        ["2:19: the policy expression that starts here has no end: @(f(\" /> </inbound></policies>"]
    );
}

#[test]
fn named_values_are_filled_in_before_anything_is_read() {
    assert_eq!(inbound("<!-- {{none}} -->"), ["2:6: the named value {{none}} is not defined"]);
    assert_eq!(
        inbound("<set-header name=\"{{nested}}\" exists-action=\"delete\" />"),
        ["2:19: the named value {{nested}} refers to a named value itself"]
    );
    assert_eq!(
        inbound("<set-header name=\"{{ x }}\" exists-action=\"delete\" />"),
        ["2:13: the attribute \"name\" of <set-header> holds \"{{\", which names no named value"]
    );
    let broken = inbound("<set-header name=\"a\"><value>{{broken}}</value></set-header>");
    assert_eq!(broken.len(), 1);
    assert!(broken[0].contains(": not well-formed XML: "), "{broken:?}");
    // A position after a longer or shorter value is still the position in the file.
    assert_eq!(inbound("<!-- {{tenant-id}} --><x />"), ["2:23: <x> is not a policy"]);
}

#[test]
fn what_is_not_a_policy_document_is_refused() {
    assert_eq!(problems("<fragment />"), ["1:1: a policy document is <policies>, not <fragment>"]);
    assert_eq!(
        problems("<policies xmlns:x=\"u\"><x:inbound /></policies>"),
        ["1:23: <inbound> is in the namespace \"u\""]
    );
    assert_eq!(problems("<x:policies xmlns:x=\"u\" />"), ["1:1: <policies> is in the namespace \"u\""]);
    for file in ["", "text", "<policies>", "<!DOCTYPE policies><policies />", "<policies><inbound></policies>"] {
        let reported = problems(file);
        assert_eq!(reported.len(), 1, "{file}");
        assert!(reported[0].contains(": not well-formed XML: "), "{reported:?}");
    }
}

#[test]
fn set_header_refuses_what_api_management_refuses() {
    let cannot = |name: &str| inbound(&format!("<set-header name=\"{name}\"><value>x</value></set-header>"));
    for name in ["Connection", "content-length", "Keep-Alive", "TRANSFER-ENCODING"] {
        let name_in_message = name.to_lowercase();
        assert_eq!(cannot(name), [format!("2:1: <set-header> cannot change the header {name_in_message}")]);
    }
    assert_eq!(
        inbound("<set-header name=\"Server\" exists-action=\"delete\" />"),
        ["2:1: <set-header> cannot delete the header Server"]
    );
    assert_eq!(
        inbound("<set-header name=\"x\" exists-action=\"delete\"><value>x</value></set-header>"),
        ["2:1: <set-header> with exists-action=\"delete\" takes no <value>"]
    );
    assert_eq!(
        inbound("<set-header name=\"x\" />"),
        ["2:1: <set-header> needs a <value>, unless exists-action is \"delete\""]
    );
    assert_eq!(
        inbound("<set-header name=\"a b\" exists-action=\"delete\" />"),
        ["2:13: the attribute \"name\" of <set-header> must be a header name"]
    );
}

#[test]
fn validate_jwt_refuses_what_it_does_not_understand() {
    let reported = inbound(
        r#"<validate-jwt header-name="a" token-value="b" failed-validation-httpcode="99" clock-skew="-1" require-scheme="@(1)" x="">
  <audiences><audience /><audience x="1">a<b /></audience></audiences>
  <openid-config url="login" validate-connectivity="maybe" /><openid-config url="file:///etc/passwd" />
  <issuer-signing-keys><key certificate-id="c" n="AQ" /><key>c2hvcnQ=</key><key>?</key><key n="?" e="AQAB">x</key></issuer-signing-keys>
  <decryption-keys />
  <issuers />
  <required-claims><claim name="r" match="some" separator=""><value /></claim><claim /></required-claims>
  <required-claims />
</validate-jwt>
<validate-jwt token-value="Bearer x" failed-validation-httpcode="101" />"#,
    );
    assert_eq!(
        reported,
        [
            "2:1: <validate-jwt> needs exactly one of the attributes header-name, query-parameter-name and token-value",
            "2:47: the attribute \"failed-validation-httpcode\" of <validate-jwt> must be a status code from 200 to 599",
            "2:79: the attribute \"clock-skew\" of <validate-jwt> must be a whole number from 0 to 2147483647",
            "2:117: the attribute \"x\" of <validate-jwt> is not declared",
            "3:14: <audience> is empty",
            "3:36: the attribute \"x\" of <audience> is not declared",
            "3:43: <audience> holds an element or a processing instruction",
            "4:3: <openid-config> must stand before <audiences>",
            "4:18: the attribute \"url\" of <openid-config> must be an http or https URL",
            "4:30: the attribute \"validate-connectivity\" of <openid-config> must be true or false",
            "4:62: <openid-config> must stand before <audiences>",
            "4:77: the attribute \"url\" of <openid-config> must be an http or https URL",
            "5:3: <issuer-signing-keys> must stand before <audiences>",
            "5:24: <key> is one of a certificate (certificate-id), an RSA key (n and e) and the text of a symmetric key",
            "5:29: the attribute \"certificate-id\" of <key> must be a certificate of the service",
            "5:57: the key in <key> is shorter than 16 bytes",
            "5:76: the text of <key> is not Base64",
            "5:88: <key> is one of a certificate (certificate-id), an RSA key (n and e) and the text of a symmetric key",
            "5:88: n and e of <key> are not Base64url, or Base64 with padding",
            "6:3: <decryption-keys> must stand before <audiences>",
            "6:3: <decryption-keys> needs at least one <key>",
            "7:3: <issuers> needs at least one <issuer>",
            "8:36: the attribute \"match\" of <claim> must be all or any",
            "8:49: the attribute \"separator\" of <claim> must be at least one character",
            "8:62: <value> is empty",
            "8:79: <claim> needs the attribute \"name\"",
            "9:3: <required-claims> appears twice in <validate-jwt>",
            "9:3: <required-claims> needs at least one <claim>",
            "11:15: the attribute \"token-value\" of <validate-jwt> must be a token without the scheme Bearer",
            "11:38: the attribute \"failed-validation-httpcode\" of <validate-jwt> must be a status code from 200 to 599",
        ]
    );
}

#[test]
fn a_deep_or_long_document_is_read_all_the_same() {
    let deep = "<a>".repeat(35_000);
    assert_eq!(problems(&deep).len(), 1);
    assert_eq!(problems(&format!("{deep}{}", "</a>".repeat(35_000))).len(), 1);
    let long = format!("<policies><inbound>{}</inbound></policies>", "<x y='@(1)' />".repeat(18_000));
    assert_eq!(problems(&long).len(), 18_000);
    let wide = "<choose><when condition=\"true\"><set-method>GET</set-method></when></choose>".repeat(3_400);
    let wide = format!("<policies><inbound>{wide}</inbound></policies>");
    assert!(Document::load(Scope::Api, &wide, &Service::default()).is_ok());
    let unclosed = "@{\"".repeat(80_000);
    assert_eq!(problems(&unclosed).len(), 1);
}

/// Returns pieces that lead the scanners into edge cases.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "<",
            ">",
            "/>",
            "</",
            "\"",
            "'",
            "@(",
            "@{",
            ")",
            "}",
            "{",
            "$\"",
            "@\"",
            "\\",
            "//",
            "/*",
            "*/",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "{{",
            "}}",
            "{{tenant-id}}",
            "{{an-expression}}",
            "{{broken}}",
            "&quot;",
            "&",
            "&#0;",
            "\n",
            "<policies>",
            "</policies>",
            "<inbound>",
            "</inbound>",
            "<base />",
            "<set-header name=\"x\">",
            "\u{feff}",
            "<?x ?>",
            "<value>",
            "</value>",
            "<validate-jwt header-name=\"Authorization\">",
            "</validate-jwt>",
            " xmlns=\"u\"",
            "é𝄞",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ]
}

/// Checks that loading ends without a panic. A refusal has problems, in order, within the file.
fn check(file: &str) {
    if let Err(problems) = load(file) {
        assert!(!problems.is_empty());
        assert!(problems.is_sorted_by_key(|problem| problem.position));
        assert!(problems.iter().all(|problem| problem.position.line <= file.split('\n').count()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_loaded_or_refused(file in "\\PC*") {
        check(&file);
    }

    #[test]
    fn any_pieces_are_loaded_or_refused(pieces in prop::collection::vec(piece(), 0..40)) {
        check(&pieces.concat());
    }

    #[test]
    fn a_changed_document_is_loaded_or_refused(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..30, piece()), 1..6)
    ) {
        let mut file: Vec<char> = ORDERS.chars().collect();
        for (at, removed, inserted) in edits {
            let at = at.index(file.len() + 1);
            let end = (at + removed).min(file.len());
            file.splice(at..end, inserted.chars());
        }
        check(&file.into_iter().collect::<String>());
    }
}

/// Each of these documents cost a trusting loader many seconds, or overflowed its stack.
#[test]
fn a_document_that_is_made_to_be_slow_is_refused() {
    let refused = |content: &str| {
        let file = format!("<policies><inbound>{content}</inbound></policies>");
        Document::load(Scope::Api, &file, &Service::default()).unwrap_err()[0].message.clone()
    };
    let attributes = |count: u32| (0..count).map(|index| format!(" a{index}=\"\"")).collect::<String>();
    let too_wide = "the file has too many attributes or namespaces: about 3,000 of one element are read";
    assert_eq!(refused(&format!("<set-body{} />", attributes(20_000))), too_wide);
    assert_eq!(refused(&format!("<set-body{} />", attributes(100_000))), "a policy document has at most 256 KiB");
    let namespaces: String = (0..9_000).map(|index| format!("<a xmlns:n{index}=\"u\" />")).collect();
    assert_eq!(refused(&namespaces), too_wide);
    let bomb =
        "<!DOCTYPE p [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><policies><inbound>&b;</inbound></policies>";
    let problems = Document::load(Scope::Api, bomb, &Service::default()).unwrap_err();
    assert!(problems[0].message.starts_with("not well-formed XML: "), "{problems:?}");
    let nested = format!("{}{}", "<choose><when condition=\"true\">".repeat(5_000), "</when></choose>".repeat(5_000));
    assert!(!refused(&nested).is_empty());
    assert!(!refused(&"<set-body template=\"liquid\">{{ a }} {% if ".repeat(5_000)).is_empty());
    assert!(!refused(&"@(".repeat(50_000)).is_empty());
    let long = Service { named_values: [("long".to_owned(), "x".repeat(4096))].into(), ..Service::default() };
    let file = format!("<policies>{}</policies>", "{{long}}".repeat(20_000));
    let problems = Document::load(Scope::Api, &file, &long).unwrap_err();
    assert_eq!(problems.last().unwrap().message, "the file has more than 1024 KiB with its named values");
}

/// The limits of Azure's page are bytes of the file. Files within the limits are read.
#[test]
fn a_document_has_at_most_256_kib_and_a_fragment_512() {
    let padded = |root: &str, length: usize| {
        let frame = format!("<{root}></{root}>");
        frame.replace("><", &format!(">{}<", " ".repeat(length - frame.len())))
    };
    assert!(load(&padded("policies", 256 * 1024)).is_ok());
    assert_eq!(problems(&padded("policies", 256 * 1024 + 1)), ["1:1: a policy document has at most 256 KiB"]);
    let fragment = |length| Document::check_fragment(&padded("fragment", length), &service());
    assert!(fragment(512 * 1024).is_ok());
    assert_eq!(fragment(512 * 1024 + 1).unwrap_err()[0].message, "a fragment has at most 512 KiB");
}
