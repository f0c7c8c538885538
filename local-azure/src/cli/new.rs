//! `new`: writes the files of a new function.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::output::println;
use local_azure::{
    functions_host::HandlerSettings,
    new_function::{FunctionKind, FunctionName, create, create_definition},
};

use super::{
    called_by::command_line,
    command_error::CommandError,
    project::{Layout, Project},
    style::DIM,
};

pub(super) fn new(kind: FunctionKind, name: &FunctionName) -> Result<ExitCode, CommandError> {
    let project = Project::find()?;
    let work = if project.layout() == Layout::Rust && is_on_the_library(project.root())? {
        for file in create(project.root(), kind, name)? {
            println!("{}", file.display());
        }
        format!("its work goes into src/functions/{name}.rs")
    } else {
        println!("{}", create_definition(&functions_folder(&project), kind, name)?.display());
        call(project.root(), kind, name)
    };
    println!("{DIM}{work}; `{}` runs it{DIM:#}", command_line("start"));
    Ok(ExitCode::SUCCESS)
}

/// Reports whether the crate depends on `functions-handler`, under any name.
fn is_on_the_library(project: &Path) -> Result<bool, CommandError> {
    let file = project.join("Cargo.toml");
    if !file.is_file() {
        return Ok(false);
    }
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let manifest: toml::Table = text.parse().map_err(|error| format!("{}: {error}", file.display()))?;
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    let is_library = |(name, value): (&String, &toml::Value)| {
        value.get("package").and_then(toml::Value::as_str).unwrap_or(name) == "functions-handler"
    };
    Ok(dependencies.is_some_and(|dependencies| dependencies.iter().any(is_library)))
}

/// Returns the folder of the project's functions.
fn functions_folder(project: &Project) -> PathBuf {
    match project.layout() {
        Layout::Rust | Layout::FunctionsFolder => project.root().join("functions"),
        Layout::InPlace => project.root().to_owned(),
    }
}

/// Tells how the host calls the handler for the function, and which answer it expects.
fn call(project: &Path, kind: FunctionKind, name: &FunctionName) -> String {
    let HandlerSettings { sends_requests, route_prefix: prefix, .. } = match HandlerSettings::read(project) {
        Ok(settings) => settings,
        Err(error) => return format!("how the host calls it depends on host.json, which cannot be read: {error}"),
    };
    match kind {
        FunctionKind::Timer => {
            format!(
                "the handler answers POST /{name}, a JSON body with Data.timer, with 200 and {{}} as application/json"
            )
        }
        FunctionKind::Http if sends_requests => {
            let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
            format!("the handler answers GET {prefix}/{name}/{{name}}, as the caller sent it")
        }
        FunctionKind::Http => format!(
            "the handler answers POST /{name}, a JSON body with Data.req, with \
             {{\"Outputs\":{{\"res\":{{\"statusCode\":200,\"body\":\"…\"}}}}}} as application/json"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_says_how_this_host_json_calls_the_function() {
        let folder = tempfile::tempdir().unwrap();
        let name = "order".parse().unwrap();
        let hint = |host_json: &str, kind| {
            fs::write(folder.path().join("host.json"), host_json).unwrap();
            call(folder.path(), kind, &name)
        };
        let forwarding = r#"{ "customHandler": { "enableForwardingHttpRequest": true } }"#;
        assert!(hint(forwarding, FunctionKind::Http).contains("GET /api/order/{name}, as the caller sent it"));
        let prefixed = forwarding.replacen('{', r#"{ "extensions": { "http": { "routePrefix": "" } }, "#, 1);
        assert!(hint(&prefixed, FunctionKind::Http).contains("GET /order/{name}"));
        let commented = format!("// both\n{}", forwarding.replace("true", "\"True\""));
        assert!(hint(&commented, FunctionKind::Http).contains("GET /api/order/{name}"));
        assert!(hint("{", FunctionKind::Http).contains("depends on host.json, which cannot be read"));
        assert!(hint("{}", FunctionKind::Http).contains(r#"POST /order, a JSON body with Data.req, with {"Outputs""#));
        assert!(hint(forwarding, FunctionKind::Timer).contains("POST /order, a JSON body with Data.timer"));
    }

    #[test]
    fn a_crate_is_on_the_library_under_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let is = |text: &str| {
            fs::write(folder.path().join("Cargo.toml"), text).unwrap();
            is_on_the_library(folder.path()).unwrap()
        };
        assert!(is("[dependencies]\nfunctions-handler = \"0.1\"\n"));
        assert!(is("[dependencies]\nfh = { package = \"functions-handler\", version = \"0.1\" }\n"));
        assert!(!is("[dependencies]\naxum = \"0.8\"\n"));
        assert!(!is(""));
    }
}
