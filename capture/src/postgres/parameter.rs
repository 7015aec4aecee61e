//! Values of `$1` and up, sent as the text that the user typed: the server reads them as their types.

use std::collections::BTreeMap;
use std::error::Error;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type};

/// A value in text form, or NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter(Option<String>);

impl ToSql for Parameter {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Some(text) = &self.0 else {
            return Ok(IsNull::Yes);
        };
        out.extend_from_slice(text.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    tokio_postgres::types::to_sql_checked!();
}

/// A value for each parameter of a statement; none at all for a generic plan. `NULL` is the null value.
pub(super) fn bind(types: &[Type], values: &BTreeMap<usize, String>) -> Result<Vec<(Parameter, Type)>, String> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(extra) = values.keys().find(|number| **number == 0 || **number > types.len()) {
        return Err(format!("there is no parameter ${extra}; the statement has {}", types.len()));
    }
    let value = |(index, of): (usize, &Type)| {
        let number = index + 1;
        let text = values.get(&number).ok_or_else(|| format!("the parameter ${number} ({of}) has no value"))?;
        let value = if text == "NULL" { None } else { Some(text.clone()) };
        Ok((Parameter(value), of.clone()))
    };
    types.iter().enumerate().map(value).collect()
}
