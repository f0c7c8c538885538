//! The requests and responses of operations in the seed, for the validating policies.

use std::{collections::BTreeMap, sync::Arc};

use apim_policies::{
    Contract, OperationContent, OperationParameter, OperationResponse, ParameterPlace, Schema, SchemaError,
};

use super::load_problem::LoadProblem;
use crate::seed::{self, Apim, Seed};

/// Schemas of the service by identifier.
pub(super) type Schemas = BTreeMap<String, Arc<Schema>>;

/// Reads the schema files of the seed, and adds their faults to `problems`.
pub(super) fn schemas(seed: &Seed, problems: &mut Vec<LoadProblem>) -> Schemas {
    let mut schemas = Schemas::new();
    for written in &seed.apim.schemas {
        let path = seed.path(&written.file);
        let read = std::fs::read_to_string(&path).map_err(|error| format!("cannot be read: {error}"));
        let schema = read
            .and_then(|text| serde_json::from_str(&text).map_err(|error| format!("is not JSON: {error}")))
            .and_then(|document| Schema::new(&written.id, &document).map_err(|error| format!("is no schema: {error}")));
        match schema {
            Ok(schema) => {
                schemas.insert(written.id.clone(), Arc::new(schema));
            }
            Err(message) => problems.push((path, message)),
        }
    }
    schemas
}

/// Reads the documented requests and responses of an operation. `Err` holds the fault.
pub(super) fn read(operation: &seed::Operation, schemas: &Schemas) -> Result<Contract, String> {
    let named = |id: &Option<String>| match id {
        None => Ok(None),
        Some(id) => schemas.get(id).cloned().map(Some).ok_or_else(|| format!("names no schema: \"{id}\"")),
    };
    let mut contract = Contract::default();
    for written in &operation.parameters {
        let place = match written.place {
            seed::ParameterPlace::Query => ParameterPlace::Query,
            seed::ParameterPlace::Path => ParameterPlace::Path,
            seed::ParameterPlace::Header => ParameterPlace::Header,
        };
        contract.parameters.push(parameter(place, &written.name, written.required, written.schema.as_ref())?);
    }
    for written in &operation.requests {
        let content_type = written.content_type.clone();
        contract.requests.push(OperationContent { content_type, schema: named(&written.schema)? });
    }
    for written in &operation.responses {
        let headers = written.headers.iter();
        let headers = headers
            .map(|one| parameter(ParameterPlace::Header, &one.name, one.required, one.schema.as_ref()))
            .collect::<Result<_, _>>()?;
        contract.responses.push(OperationResponse {
            status: written.status,
            content_type: written.content_type.clone(),
            example: written.example.clone(),
            schema: named(&written.schema)?,
            headers,
        });
    }
    Ok(contract)
}

fn parameter(
    place: ParameterPlace,
    name: &str,
    is_required: bool,
    schema: Option<&serde_json::Value>,
) -> Result<OperationParameter, String> {
    let anything = serde_json::json!({});
    let schema = Schema::new(name, schema.unwrap_or(&anything))
        .map_err(|error: SchemaError| format!("has a parameter \"{name}\" whose schema is none: {error}"))?;
    Ok(OperationParameter { place, name: name.to_owned(), is_required, schema: Arc::new(schema) })
}

/// Returns the faults of the operations' documentation, such as a missing schema.
pub(super) fn problems(apim: &Apim, schemas: &Schemas) -> Vec<String> {
    let operations = apim.apis.iter().flat_map(|api| api.operations.iter().map(move |operation| (api, operation)));
    let wrong = operations.filter_map(|(api, operation)| {
        let error = read(operation, schemas).err()?;
        Some(format!("the operation \"{}\" of API \"{}\" {error}", operation.id, api.id))
    });
    wrong.collect()
}
