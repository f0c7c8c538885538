//! App-role assignments of principals: list, create, delete.

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    error::GraphError,
    find::find,
    path::{Collection, Direction, Key, ROOT},
    query::Query,
    representation,
};
use crate::{
    issuer::Entra,
    issuer::{Assignment, AssignmentError},
};

/// A new assignment.
pub(super) struct Created {
    pub(super) url: String,
    pub(super) body: Value,
}

/// Lists every assignment of an object, in one direction.
pub(super) fn list(entra: &Entra, key: &Key, direction: Direction, query: &Query) -> Result<Response, GraphError> {
    query.refuse_all()?;
    let id = find(entra, Collection::ServicePrincipals, key)?.id;
    let all = entra.directory.assignments();
    let of_object = all.iter().filter(|one| side(one, direction) == id);
    let value: Vec<_> = of_object.map(|one| representation::assignment(entra, one)).collect();
    let name = name(direction);
    let context = format!("{ROOT}/$metadata#servicePrincipals('{id}')/{name}");
    Ok(Json(json!({ "@odata.context": context, "value": value })).into_response())
}

/// Assigns an app role. The three IDs are in the body; one of them repeats the object of the URL.
pub(super) fn create(entra: &Entra, key: &Key, direction: Direction, body: &[u8]) -> Result<Created, GraphError> {
    let object = find(entra, Collection::ServicePrincipals, key)?.id;
    let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else {
        return Err(GraphError::bad_request("the request body is not a JSON object"));
    };
    let (principal_id, resource_id, role) =
        (take(&mut members, "principalId")?, take(&mut members, "resourceId")?, take(&mut members, "appRoleId")?);
    members.remove("@odata.type");
    if let Some(unknown) = members.keys().next() {
        return Err(GraphError::bad_request(format!("local-azure does not understand the member {unknown}")));
    }
    let repeated = if direction == Direction::OfApi { resource_id } else { principal_id };
    if repeated != object {
        return Err(GraphError::bad_assignment("Not a valid reference update."));
    }
    let assignment = entra.directory.assign(principal_id, resource_id, role).map_err(|error| match error {
        AssignmentError::UnknownPrincipal(id) => GraphError::NotFound(id.to_string()),
        AssignmentError::UnknownRole => {
            GraphError::bad_assignment("Permission being assigned was not found on application.")
        }
        AssignmentError::Exists => GraphError::bad_assignment("Permission being assigned already exists on the object"),
    })?;
    let mut body = representation::assignment(entra, &assignment);
    body["@odata.context"] = json!(format!("{ROOT}/$metadata#appRoleAssignments/$entity"));
    let url = format!("{ROOT}/servicePrincipals/{object}/{}/{}", name(direction), assignment.id);
    Ok(Created { url, body })
}

/// Removes an assignment.
pub(super) fn delete(entra: &Entra, key: &Key, direction: Direction, id: &str) -> Result<(), GraphError> {
    let object = find(entra, Collection::ServicePrincipals, key)?.id;
    let all = entra.directory.assignments();
    let found = all.iter().any(|one| one.id == id && side(one, direction) == object);
    if found && entra.directory.unassign(id) { Ok(()) } else { Err(GraphError::NotFound(id.to_owned())) }
}

fn side(assignment: &Assignment, direction: Direction) -> Uuid {
    match direction {
        Direction::OfApi => assignment.resource_id,
        Direction::OfHolder => assignment.principal_id,
    }
}

const fn name(direction: Direction) -> &'static str {
    match direction {
        Direction::OfApi => "appRoleAssignedTo",
        Direction::OfHolder => "appRoleAssignments",
    }
}

fn take(members: &mut Map<String, Value>, name: &str) -> Result<Uuid, GraphError> {
    let value = members.remove(name);
    let id = value.as_ref().and_then(Value::as_str).and_then(|text| Uuid::parse_str(text).ok());
    id.ok_or_else(|| GraphError::bad_assignment(format!("{name} is missing or is not an ID")))
}
