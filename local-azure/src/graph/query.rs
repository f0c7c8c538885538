//! Query options: `$select`, and `$filter` with one comparison.

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{error::GraphError, path::Collection};

/// Properties that a filter may compare.
const FILTERED: [&str; 3] = ["appId", "displayName", "id"];

/// The options of a request.
#[derive(Debug, Default)]
pub(super) struct Query {
    select: Option<Vec<String>>,
    filter: Option<Comparison>,
}

/// `property eq 'value'`.
#[derive(Debug)]
struct Comparison {
    property: String,
    value: String,
}

impl Query {
    pub(super) fn parse(text: &str) -> Result<Self, GraphError> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let repeated = match name.as_ref() {
                "$select" => {
                    let properties = value.split(',').map(|property| property.trim().to_owned()).collect();
                    query.select.replace(properties).is_some()
                }
                "$filter" => query.filter.replace(comparison(&value)?).is_some(),
                other => {
                    let text = format!("local-azure does not understand the query option {other}");
                    return Err(GraphError::unsupported_query(text));
                }
            };
            if repeated {
                return Err(GraphError::unsupported_query(format!("the query option {name} is given twice")));
            }
        }
        Ok(query)
    }

    pub(super) fn refuse_filter(&self) -> Result<(), GraphError> {
        match self.filter {
            Some(_) => Err(GraphError::unsupported_query("$filter is for collections of objects")),
            None => Ok(()),
        }
    }

    /// Refuses all options, for requests that change data.
    pub(super) fn refuse_all(&self) -> Result<(), GraphError> {
        self.refuse_filter()?;
        match self.select {
            Some(_) => Err(GraphError::unsupported_query("$select is for GET")),
            None => Ok(()),
        }
    }

    /// Reports whether an object matches the filter. The comparison ignores letter case, as in Microsoft Graph.
    pub(super) fn admits(&self, object: &Value, collection: Collection) -> Result<bool, GraphError> {
        let Some(Comparison { property, value }) = &self.filter else { return Ok(true) };
        let found = object.get(property).and_then(Value::as_str);
        let found = found.filter(|_| FILTERED.contains(&property.as_str())).ok_or_else(|| {
            let text = format!("local-azure does not filter {} by {property}", collection.name());
            GraphError::unsupported_query(text)
        })?;
        Ok(found.eq_ignore_ascii_case(value))
    }

    /// Returns the selected properties of an object.
    pub(super) fn select(&self, object: Value, collection: Collection) -> Result<Value, GraphError> {
        let Some(properties) = &self.select else { return Ok(object) };
        let mut selected = Map::new();
        for property in properties {
            let value = object.get(property).cloned().ok_or_else(|| {
                let text = format!("local-azure has no property '{property}' on {}", collection.name());
                GraphError::bad_request(text)
            })?;
            selected.insert(property.clone(), value);
        }
        Ok(Value::Object(selected))
    }

    /// Returns the part of `@odata.context` about the selection.
    pub(super) fn context(&self) -> String {
        self.select.as_ref().map(|properties| format!("({})", properties.join(","))).unwrap_or_default()
    }
}

fn comparison(text: &str) -> Result<Comparison, GraphError> {
    let parse = || {
        let (property, rest) = text.trim().split_once(' ')?;
        let value = rest.trim_start().strip_prefix("eq ")?.trim().strip_prefix('\'')?.strip_suffix('\'')?;
        // A quotation mark inside a text is doubled.
        let unquoted = value.replace("''", "\u{0}");
        (!unquoted.contains('\''))
            .then(|| Comparison { property: property.to_owned(), value: unquoted.replace('\u{0}', "'") })
    };
    parse().ok_or_else(|| {
        GraphError::unsupported_query(format!(
            "local-azure does not understand $filter={text}; it knows PROPERTY eq 'TEXT'"
        ))
    })
}
