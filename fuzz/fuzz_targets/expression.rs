//! Every text either is an expression whose evaluation ends, or is refused. Expressions find JSON, XML, a token and
//! certificates to work on.

#![no_main]

use std::sync::{Arc, OnceLock};

use apim_expressions::{Body, Certificate, Context, Entropy, Expression, Response, Value};
use libfuzzer_sys::fuzz_target;

const JSON: &[u8] = br#"{"a":{"b":"c"},"l":[1,2.5,"x",null],"d":"2021-03-04T05:06:07Z","n":99999999999999999999}"#;
const XML: &[u8] = br#"<r xmlns="u" xmlns:p="v" p:a="1"><e i="1">t</e><e i="2"/><!--c--><p:f><![CDATA[x]]></p:f></r>"#;
const CERTIFICATE: &[u8] = include_bytes!("../certificate.der");

fn certificate() -> Arc<Certificate> {
    static CERTIFICATES: OnceLock<Arc<Certificate>> = OnceLock::new();
    Arc::clone(CERTIFICATES.get_or_init(|| Arc::new(Certificate::new(CERTIFICATE, None).expect("a certificate"))))
}

fn context() -> Context {
    let mut context = Context::new(Default::default(), Default::default(), Entropy::seeded(1));
    context.request.body = Some(Body::new(JSON));
    context.request.certificate = Some(certificate());
    context.response = Some(Response { body: Some(Body::new(XML)), ..Response::default() });
    context.deployment.certificates = vec![certificate()];
    context.variables = [("text", Value::from("hello")), ("number", Value::from(5)), ("nothing", Value::Null)]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
    context
}

fuzz_target!(|text: &str| {
    for source in [format!("@({text})"), format!("@{{{text}}}")] {
        if let Ok(expression) = Expression::parse(&source) {
            let mut context = context();
            if let Ok(value) = expression.evaluate(&mut context) {
                let _ = value.to_text();
            }
        }
    }
});
