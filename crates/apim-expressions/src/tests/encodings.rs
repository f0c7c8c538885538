//! Encodings, hashes and ciphers, each with its failure.

use super::check;

#[test]
fn encodings_and_hashes() {
    check(&[
        (r#"@(Uri.EscapeDataString("a b/c?d=é~"))"#, "String a%20b%2Fc%3Fd%3D%C3%A9~"),
        (r#"@(new Uri("a").Host)"#, "!Invalid URI: The format of the URI could not be determined."),
        (r#"@(Uri.UnescapeDataString("a%20b+c%zz"))"#, "String a b+c%zz"),
        (r#"@(Uri.EscapeDataString(null))"#, "!Value cannot be null. (Parameter 'value')"),
        (r#"@(System.Net.WebUtility.UrlEncode("a b/c!*~"))"#, "String a+b%2Fc!*%7E"),
        (r#"@(System.Net.WebUtility.UrlDecode("a+b%2Fc"))"#, "String a b/c"),
        (
            r#"@(System.Net.WebUtility.HtmlDecode(System.Net.WebUtility.HtmlEncode("<a href='x'>&</a>")))"#,
            "String <a href='x'>&</a>",
        ),
        (r#"@(System.Net.Dns.GetHostName())"#, "!parse: type `System.Net.Dns` is not on API Management's list"),
        (r#"@(Convert.ToBase64String(Encoding.UTF8.GetBytes("hi")))"#, "String aGk="),
        (r#"@(System.Text.Encoding.UTF8.GetString(System.Convert.FromBase64String("aGk=")))"#, "String hi"),
        (
            r#"@(Convert.FromBase64String("aGk"))"#,
            "!The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters.",
        ),
        (
            r#"@(Encoding.UTF8.GetBytes(context.Variables["text"]))"#,
            "!parse: Argument 1: cannot convert from 'object' to 'string'",
        ),
        (
            r#"@(BitConverter.ToString(new HMACSHA256(Encoding.UTF8.GetBytes("key")).ComputeHash(Encoding.UTF8.GetBytes("data"))).Replace("-", "").ToLower())"#,
            "String 5031fe3d989c6d1537a013fa6e739da23463fdaec3b70137d828e36ace221bd0",
        ),
        (r#"@(BitConverter.ToString(SHA256.Create().ComputeHash(new byte[] { 1 })).Substring(0, 5))"#, "String 4B-F5"),
        (
            r#"@(BitConverter.ToString(new HMACSHA256 { Key = Encoding.UTF8.GetBytes("key") }.ComputeHash(Encoding.UTF8.GetBytes("data"))).Substring(0, 5))"#,
            "String 50-31",
        ),
        (r#"@(new HMACSHA512().Key.Length + new HMACSHA1().Key.Length)"#, "Int32 192"),
        (
            r#"@(new HMACSHA1().Key[0] == new HMACSHA1().Key[0] && new HMACSHA1().Key[1] == new HMACSHA1().Key[1])"#,
            "Boolean False",
        ),
        (r#"@(new HMACSHA256 { Key = null })"#, "!Value cannot be null. (Parameter 'value')"),
        (
            r#"@(SHA256.Create().Key)"#,
            "!parse: 'SHA256' does not contain a definition for 'Key', or it is not supported",
        ),
        (r#"@(new HMACSHA256("key"))"#, "!parse: Argument 1: cannot convert from 'string' to 'byte[]'"),
        (r#"@(new HMACMD5(null))"#, "!Value cannot be null. (Parameter 'buffer')"),
        (
            r#"@(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("secret").Encrypt("Aes", new byte[16], new byte[16]).Decrypt("Aes", new byte[16], new byte[16])))"#,
            "String secret",
        ),
        (
            r#"@(new byte[] { 1 }.Encrypt("Aes", new byte[5], new byte[16]))"#,
            "!Specified key is not a valid size for this algorithm.",
        ),
    ]);
}
