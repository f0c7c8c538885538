//! The forms that use `context`, each with its failure.

use super::{check, context, outcome_in};

#[test]
fn variables() {
    check(&[
        (r#"@(context.Variables["text"])"#, "String hello"),
        (r#"@(context.Variables["absent"])"#, "!The given key 'absent' was not present in the dictionary."),
        (r#"@((string)context.Variables["text"])"#, "String hello"),
        (r#"@((string)context.Variables["nothing"])"#, "null "),
        (
            r#"@((string)context.Variables["number"])"#,
            "!Unable to cast object of type 'System.Int32' to type 'System.String'.",
        ),
        (r#"@((int)context.Variables["number"])"#, "Int32 5"),
        (
            r#"@((long)context.Variables["number"])"#,
            "!Unable to cast object of type 'System.Int32' to type 'System.Int64'.",
        ),
        (r#"@((int)context.Variables["nothing"])"#, "!Object reference not set to an instance of an object."),
        (r#"@(context.Variables.GetValueOrDefault<string>("text"))"#, "String hello"),
        (r#"@(context.Variables.GetValueOrDefault<string>("absent", "d"))"#, "String d"),
        (r#"@(context.Variables.GetValueOrDefault<int>("absent"))"#, "Int32 0"),
        (
            r#"@(context.Variables.GetValueOrDefault<bool>("text"))"#,
            "!Unable to cast object of type 'System.String' to type 'System.Boolean'.",
        ),
        (r#"@(context.Variables.GetValueOrDefault("absent", "d"))"#, "String d"),
        (r#"@(context.Variables.GetValueOrDefault("text"))"#, "String hello"),
        (
            r#"@(context.Variables.GetValueOrDefault<string>("text", 1))"#,
            "!parse: Argument 2: cannot convert from 'int' to 'string'",
        ),
        (r#"@(context.Variables.ContainsKey("text"))"#, "Boolean True"),
        (r#"@(context.Variables.ContainsKey(1))"#, "!parse: Argument 1: cannot convert from 'int' to 'string'"),
        (
            r#"@(context.Variables["text"].Length)"#,
            "!parse: 'object' does not contain a definition for 'Length', or it is not supported",
        ),
    ]);
}

#[test]
fn requests_and_responses() {
    check(&[
        (r#"@(context.Request.Headers.GetValueOrDefault("X-One","d"))"#, "String 1"),
        (r#"@(context.Request.Headers.GetValueOrDefault("X-Two","d"))"#, "String a,b"),
        (r#"@(context.Request.Headers.GetValueOrDefault("absent","d"))"#, "String d"),
        (r#"@(context.Request.Headers.GetValueOrDefault("absent"))"#, "null "),
        (
            r#"@(context.Request.Headers.GetValueOrDefault("absent", 1))"#,
            "!parse: Argument 2: cannot convert from 'int' to 'string'",
        ),
        (
            r#"@(context.Request.IpAddress.Octets)"#,
            "!parse: 'string' does not contain a definition for 'Octets', or it is not supported",
        ),
        (r#"@(context.Request.Headers["X-Two"][1])"#, "String b"),
        (r#"@(context.Request.Headers["absent"])"#, "!The given key 'absent' was not present in the dictionary."),
        (r#"@(context.Request.Headers.ContainsKey("Content-Type"))"#, "Boolean True"),
        (r#"@(context.Request.Headers["x-one"].Single())"#, "String 1"),
        (r#"@(context.Request.Headers["x-two"].Single())"#, "!Sequence contains more than one element"),
        (r#"@(context.Response.Headers.GetValueOrDefault("Retry-After", "-1"))"#, "String 12"),
        (r#"@(context.Request.Url.Query.GetValueOrDefault("q",""))"#, "String a b"),
        (r#"@(context.Request.Url.Query.GetValueOrDefault("tag",""))"#, "String 1,2"),
        (r#"@(context.Request.Url.Query["tag"].Length)"#, "Int32 2"),
        (r#"@(context.Request.Url.Query["absent"])"#, "!The given key 'absent' was not present in the dictionary."),
        (r#"@(context.Request.MatchedParameters["id"] == "7")"#, "Boolean True"),
        (
            r#"@(context.Request.MatchedParameters["absent"])"#,
            "!The given key 'absent' was not present in the dictionary.",
        ),
        (r#"@(context.Request.MatchedParameters.GetValueOrDefault("absent", "d"))"#, "String d"),
        (r#"@(context.Request.Method + " " + context.Request.IpAddress)"#, "String POST 203.0.113.9"),
        (
            r#"@(context.Request.Verb)"#,
            "!parse: 'IRequest' does not contain a definition for 'Verb', or it is not supported",
        ),
        (
            r#"@(context.Request.OriginalUrl.Host + context.Request.OriginalUrl.Path + context.Request.OriginalUrl.QueryString)"#,
            "String gw.azure-api.net/orders/7?q=a%20b&tag=1&tag=2",
        ),
        (r#"@(context.Request.Url.ToString())"#, "String https://backend.example/v2/orders?q=a%20b&tag=1&tag=2"),
    ]);
}

#[test]
fn bodies() {
    check(&[
        (r#"@(context.Request.Body.As<JObject>(true)["model"].ToString())"#, "String gpt"),
        (r#"@(context.Request.Body.As<string>(preserveContent: true).Length)"#, "Int32 52"),
        (r#"@(context.Request.Body.As<byte[]>().Length)"#, "Int32 52"),
        (
            r#"@(context.Request.Body.As<JArray>())"#,
            "!The message body is not a valid JSON. Error reading JArray from JsonReader. Current JsonReader item is not an array: StartObject. Path '', line 1, position 1.",
        ),
        (
            r#"@(context.Request.Body.As<int>())"#,
            "!parse: a body can be read as string, byte[], JObject, JArray, JToken, XElement or XDocument",
        ),
        (r#"@(context.Request.Body.As<XElement>())"#, "!The message body is not a valid XML. unknown token at 1:1"),
        (
            r#"@(context.Request.Body.As<string>() + context.Request.Body.As<string>())"#,
            "!The message body was already read by an expression that did not set preserveContent to true.",
        ),
        (r#"@(context.Request.Body.As<string>(preserve: true))"#, "!parse: No overload of 'As' takes these arguments"),
        (r#"@(((IResponse)context.Variables["response"]).StatusCode)"#, "Int32 200"),
        (r#"@(((IResponse)context.Variables["response"]).Body.As<JObject>()["access_token"].ToString())"#, "String t"),
        (r#"@((int)((IResponse)context.Variables["response"]).Body.As<JObject>()["expires_in"])"#, "Int32 3600"),
        (
            r#"@(((IResponse)context.Variables["text"]).StatusCode)"#,
            "!Unable to cast object of type 'System.String' to type 'IResponse'.",
        ),
        (r#"@(context.Response.Body.As<JObject>(true).SelectToken("usage.total_tokens").ToObject<int>())"#, "Int32 42"),
        (r#"@(context.Response.StatusReason)"#, "String Too Many Requests"),
        (r#"@(context.Request)"#, "!a policy expression that returns a `IRequest` is not supported"),
    ]);
}

#[test]
fn other_parts_of_the_context() {
    check(&[
        (r#"@(context.Api.Id + context.Api.Name + context.Api.Path)"#, "String ordersOrdersorders"),
        (r#"@(context.Api.Title)"#, "!parse: 'IApi' does not contain a definition for 'Title', or it is not supported"),
        (r#"@(context.Subscription.Id + context.Subscription?.Id)"#, "String sub-1sub-1"),
        (r#"@(context.Subscription.EndDate == null)"#, "Boolean True"),
        (r#"@(context.Product.Name.Equals("Starter"))"#, "Boolean True"),
        (r#"@(context.Product.State.ToString())"#, "String NotPublished"),
        (r#"@(context.User.Groups.Any(g => g.Name == "Developers"))"#, "Boolean True"),
        (r#"@(context.LastError.Source)"#, "String validate-jwt"),
        (
            r#"@(context.LastError.Code)"#,
            "!parse: 'ILastError' does not contain a definition for 'Code', or it is not supported",
        ),
        (
            r#"@(context.Deployment.Region == "West Europe" && context.Deployment.GatewayId == "managed")"#,
            "Boolean True",
        ),
        (
            r#"@(context.Deployment.Version)"#,
            "!parse: 'IDeployment' does not contain a definition for 'Version', or it is not supported",
        ),
        (r#"@(context.Operation.Id)"#, "String get-order"),
        (r#"@(context.RequestId)"#, "Guid 00000000-0000-0000-0000-000000000102"),
        (r#"@(context.Timestamp.Year + context.Elapsed.TotalSeconds)"#, "Double 2026"),
        (r#"@(context.Tracing)"#, "Boolean False"),
        (
            r#"@(context.Secret)"#,
            "!parse: 'IExpressionContext' does not contain a definition for 'Secret', or it is not supported",
        ),
        (r#"@(context.Request.Certificate == null)"#, "Boolean True"),
        (
            r#"@(context.Request.Certificate.Owner)"#,
            "!parse: 'X509Certificate2' does not contain a definition for 'Owner', or it is not supported",
        ),
    ]);
}

/// A call without a subscription key, to an API outside products, with no answer and no error yet.
#[test]
fn parts_that_are_not_there() {
    let missing = "!Object reference not set to an instance of an object.";
    for (source, expected) in [
        (r#"@(context.Subscription.Id)"#, missing),
        (r#"@(context.Subscription?.Id ?? "keyless")"#, "String keyless"),
        (r#"@(context.Product.Name)"#, missing),
        (r#"@(context.Product?.Name?.ToString() ?? "none")"#, "String none"),
        (r#"@(context.Response.StatusCode == 429)"#, missing),
        (r#"@(context.Response != null && context.Response.StatusCode == 429)"#, "Boolean False"),
        (r#"@(context.LastError.Source)"#, missing),
        (r#"@(context.LastError == null ? "" : context.LastError.Reason)"#, "String "),
        (r#"@(context.User.Id)"#, missing),
        (r#"@(context.Request.Body.As<string>())"#, missing),
        (r#"@(context.Request.Body?.As<JObject>(true)?["model"]?.ToString() ?? "NA")"#, "String NA"),
    ] {
        let mut context = context();
        (context.subscription, context.product, context.response) = (None, None, None);
        (context.user, context.last_error, context.request.body) = (None, None, None);
        let found = outcome_in(&mut context, source).unwrap_or_else(|error| format!("!{error}"));
        assert_eq!(found, expected, "{source}");
    }
}

#[test]
fn tokens() {
    check(&[
        (
            r#"@(((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("roles", ""))"#,
            "String Orders.Read,Orders.Write",
        ),
        (r#"@(((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("oid", new string[]{""})[0])"#, "String "),
        (r#"@(((Jwt)context.Variables["jwt"]).Claims["roles"].Contains("Orders.Read"))"#, "Boolean True"),
        (
            r#"@(((Jwt)context.Variables["jwt"]).Claims["absent"])"#,
            "!The given key 'absent' was not present in the dictionary.",
        ),
        (
            r#"@(Array.Exists(((Jwt)context.Variables["jwt"]).Claims["roles"], r => r == "Orders.Write"))"#,
            "Boolean True",
        ),
        (
            r#"@(((Jwt)context.Variables["text"]).Subject)"#,
            "!Unable to cast object of type 'System.String' to type 'Jwt'.",
        ),
        (r#"@(((string)context.Variables["token"]).AsJwt().Subject)"#, "String alice"),
        (r#"@(("Bearer " + (string)context.Variables["token"]).AsJwt()?.Issuer)"#, "String https://issuer"),
        (r#"@("nonsense".AsJwt()?.Subject ?? "none")"#, "String none"),
        (r#"@("nonsense".AsJwt().Subject)"#, "!Object reference not set to an instance of an object."),
        (
            r#"@(((string)context.Variables["token"]).TryParseJwt(out var jwt) ? jwt.Algorithm + jwt.Type : "")"#,
            "String RS256JWT",
        ),
        (r#"@("x".TryParseJwt(out Jwt jwt))"#, "Boolean False"),
        (
            r#"@{ Jwt jwt; ExpressionSyntaxExtensions.TryParseJwt((string)context.Variables["token"], out jwt); return jwt.Subject; }"#,
            "String alice",
        ),
        (r#"@(ExpressionSyntaxExtensions.TryParseBasic("x", out var basic) || basic != null)"#, "Boolean False"),
        (r#"@(ExpressionSyntaxExtensions.AsJwt(null) == null)"#, "Boolean True"),
        (r#"@(ExpressionSyntaxExtensions.AsJwt(5))"#, "!parse: Argument 1: cannot convert from 'int' to 'string'"),
        (r#"@("x".TryParseJwt())"#, "!parse: No overload for method 'TryParseJwt' takes 0 arguments"),
        (r#"@(((Jwt)context.Variables["jwt"]).ExpirationTime > DateTime.UtcNow)"#, "Boolean False"),
        (r#"@(string.Join(",", ((Jwt)context.Variables["jwt"]).Audiences))"#, "String api://orders"),
        (
            r#"@("Basic YWxpY2U6c2VjcmV0".AsBasic().UserId + "Basic YWxpY2U6c2VjcmV0".AsBasic().Password)"#,
            "String alicesecret",
        ),
        (r#"@("Bearer x".AsBasic() == null)"#, "Boolean True"),
    ]);
}
