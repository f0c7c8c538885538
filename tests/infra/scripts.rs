//! Runs the scripts with a test script for `az` that records its calls.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

/// Answers the calls of the scripts. `listSecrets` returns the file `key`. `held` is the number of existing
/// assignments. Each line of `refusals` refuses one attempt to store a secret.
const AZ: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
case "$*" in
    *listSecrets*) cat "$here/key" ;;
    *"keyvault secret set"*)
        cat > "$here/stored"
        if [ -s "$here/refusals" ]; then
            head -n 1 "$here/refusals" >&2
            sed -i.used 1d "$here/refusals"
            exit 1
        fi
        ;;
    *'$select=id'*) echo 11111111-aaaa-4bbb-8ccc-222222222222 ;;
    *'$select=appRoles'*) cat "$here/role" ;;
    *"method get"*appRoleAssignments*) cat "$here/held" ;;
    *"method post"*appRoleAssignedTo*) ;;
    *) exit 64 ;;
esac
"#;

struct Az(TempDir);

impl Az {
    fn new(answers: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a folder can be made");
        let az = folder.path().join("az");
        fs::write(&az, AZ).expect("az can be written");
        fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).expect("az can be made executable");
        let sleep = folder.path().join("sleep");
        fs::write(&sleep, "#!/bin/sh\necho sleep >> \"$(dirname \"$0\")/calls\"\n").expect("sleep can be written");
        fs::set_permissions(&sleep, fs::Permissions::from_mode(0o755)).expect("sleep can be made executable");
        for (file, text) in answers {
            fs::write(folder.path().join(file), text).expect("an answer can be written");
        }
        Self(folder)
    }

    fn run(&self, script: &str, arguments: &[&str]) -> Output {
        self.run_with(script, arguments, &[])
    }

    fn run_with(&self, script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/scripts").join(script);
        Command::new("/bin/sh")
            .arg(script)
            .args(arguments)
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", self.0.path().display()))
            .env("AZURE_SUBSCRIPTION_ID", "0d5b9a1e-3c47-4f0e-b6a2-7e1f9c2d8a34")
            .env("AZURE_RESOURCE_GROUP", "rg-keyless-test")
            .env("APIM__baseUrl", "https://apim-keyless-abc.azure-api.net")
            .env("KEYVAULT__vaultUri", "https://kv-keyless-abc.vault.azure.net")
            .env("APIM__subscriptionKeySecret", "orders-subscription-key")
            .envs(environment.iter().copied())
            .output()
            .expect("the script can be run")
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.path().join(file)).unwrap_or_default()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_subscription_key_reaches_the_vault_and_nothing_else() {
    let az = Az::new(&[("key", "0123456789abcdef0123456789abcdef\n")]);
    let output = az.run("store-subscription-key.sh", &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(az.read("stored"), "0123456789abcdef0123456789abcdef", "without the end of the line");
    let calls = az.read("calls");
    assert!(
        calls.contains("keyvault secret set --vault-name kv-keyless-abc --name orders-subscription-key"),
        "{calls}"
    );
    assert!(calls.contains("/resourceGroups/rg-keyless-test/"), "{calls}");
    assert!(!calls.contains("0123456789abcdef"), "the key was an argument: {calls}");
    assert!(!said(&output).contains("0123456789abcdef"), "the key was printed");
}

#[test]
fn the_key_of_the_chat_api_is_stored_where_a_model_is_deployed() {
    let az = Az::new(&[("key", "0123456789abcdef0123456789abcdef\n")]);
    let output = az.run_with("store-subscription-key.sh", &[], &[("OPENAI__subscriptionKeySecret", "chat-key")]);
    assert!(output.status.success(), "{}", said(&output));
    let calls = az.read("calls");
    assert!(calls.contains("/subscriptions/keyless-chat/listSecrets"), "{calls}");
    assert!(calls.contains("keyvault secret set --vault-name kv-keyless-abc --name chat-key"), "{calls}");
    assert_eq!(calls.matches("secret set").count(), 2);
    assert!(!calls.contains("0123456789abcdef"), "the key was an argument: {calls}");
}

#[test]
fn no_key_is_no_secret() {
    let az = Az::new(&[("key", "")]);
    let output = az.run("store-subscription-key.sh", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("apim-keyless-abc returned no key"), "{}", said(&output));
    assert!(!az.read("calls").contains("keyvault"), "an empty secret would look like a key");
}

#[test]
fn a_vault_closed_to_this_network_ends_the_hook_well() {
    let refusal = "(Forbidden) Public network access is disabled.  Inner error: ForbiddenByConnection\n";
    let az = Az::new(&[("key", "0123456789abcdef0123456789abcdef\n"), ("refusals", &refusal.repeat(20))]);
    let output = az.run("store-subscription-key.sh", &[]);
    assert_eq!(output.status.code(), Some(0), "azd deploys the code only after hooks that succeed: {}", said(&output));
    assert!(said(&output).contains("accepts no request from this network"), "{}", said(&output));
    assert!(said(&output).contains("azd hooks run postprovision"), "{}", said(&output));
    assert!(!said(&output).contains("Stored"), "{}", said(&output));
    assert!(!az.read("calls").contains("sleep"), "waiting does not open a network: {}", az.read("calls"));
}

#[test]
fn a_role_that_azure_applies_late_is_waited_for() {
    let refusals = "(Forbidden) Caller is not authorized. ForbiddenByRbac\n".repeat(2);
    let az = Az::new(&[("key", "0123456789abcdef0123456789abcdef\n"), ("refusals", &refusals)]);
    let output = az.run("store-subscription-key.sh", &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(az.read("calls").matches("sleep").count(), 2);
}

#[test]
fn a_role_that_never_comes_fails_the_hook() {
    let refusals = "(Forbidden) Caller is not authorized. ForbiddenByRbac\n".repeat(20);
    let az = Az::new(&[("key", "0123456789abcdef0123456789abcdef\n"), ("refusals", &refusals)]);
    let output = az.run("store-subscription-key.sh", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("ForbiddenByRbac"), "{}", said(&output));
    assert!(said(&output).contains("needs Key Vault Secrets Officer"), "{}", said(&output));
}

#[test]
fn an_app_role_is_assigned_once() {
    let az = Az::new(&[("role", "e4daf301-0001-4d9e-bf40-8c5b607f8e9d\n"), ("held", "0\n")]);
    let output = az.run("assign-app-role.sh", &["c2b8d1ef-0003", "d3c9e2f0-0001"]);
    assert!(output.status.success(), "{}", said(&output));
    let body = r#"{"principalId":"c2b8d1ef-0003","resourceId":"11111111-aaaa-4bbb-8ccc-222222222222","appRoleId":"e4daf301-0001-4d9e-bf40-8c5b607f8e9d"}"#;
    assert!(az.read("calls").contains(body), "{}", az.read("calls"));

    let az = Az::new(&[("role", "e4daf301-0001-4d9e-bf40-8c5b607f8e9d\n"), ("held", "1\n")]);
    let output = az.run("assign-app-role.sh", &["c2b8d1ef-0003", "d3c9e2f0-0001"]);
    assert!(said(&output).contains("already holds Orders.Read"), "{}", said(&output));
    assert!(!az.read("calls").contains("method post"), "{}", az.read("calls"));
}

#[test]
fn an_app_role_that_the_api_lacks_is_named() {
    let az = Az::new(&[("role", ""), ("held", "0\n")]);
    let output = az.run("assign-app-role.sh", &["c2b8d1ef-0003", "d3c9e2f0-0001", "Orders.Write"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("no enabled app role Orders.Write"), "{}", said(&output));
    assert!(!az.read("calls").contains("method post"), "{}", az.read("calls"));
}

#[test]
fn the_arguments_of_an_assignment_are_needed() {
    let output = Az::new(&[]).run("assign-app-role.sh", &["c2b8d1ef-0003"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("usage: "), "{}", said(&output));
}
