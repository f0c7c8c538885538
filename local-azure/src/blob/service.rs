//! The properties of the account's Blob service.

use axum::response::Response;
use http::StatusCode;

use super::{
    answer::{self, insert},
    store::Retention,
};

/// Get Account Information: <https://learn.microsoft.com/rest/api/storageservices/get-account-information>.
pub(super) fn account_information() -> Response {
    let mut response = answer::empty(StatusCode::OK);
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-length", "0"),
        ("x-ms-sku-name", "Standard_LRS"),
        ("x-ms-account-kind", "StorageV2"),
        ("x-ms-is-hns-enabled", "false"),
    ] {
        insert(headers, name, value);
    }
    response
}

/// Get Blob Service Properties:
/// <https://learn.microsoft.com/rest/api/storageservices/get-blob-service-properties>. No data role has the right for
/// it.
pub(super) fn properties(retention: Retention) -> Response {
    const OFF: &str =
        "<Version>1.0</Version><Enabled>false</Enabled><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy>";
    let delete = match retention.delete_days {
        Some(days) => format!("<Enabled>true</Enabled><Days>{days}</Days>"),
        None => "<Enabled>false</Enabled>".to_owned(),
    };
    answer::document(&format!(
        "<StorageServiceProperties><Logging><Version>1.0</Version><Read>false</Read><Write>false</Write>\
         <Delete>false</Delete><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></Logging>\
         <HourMetrics>{OFF}</HourMetrics><MinuteMetrics>{OFF}</MinuteMetrics><Cors />\
         <DeleteRetentionPolicy>{delete}</DeleteRetentionPolicy>\
         <StaticWebsite><Enabled>false</Enabled></StaticWebsite></StorageServiceProperties>"
    ))
}
