//! Settings that are fixed for a run, so that a statement of the same data gives the same counters each time.

use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

/// Fixes, in the transaction of a run and nowhere else, what would make counters differ from run to run and from server
/// to server. Always fixed: no parallel workers, no JIT, sequential scans from the first block on, and no clock in the
/// nodes (TIMING OFF), which would cost more where loops are many. What is none stays as the server has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pin {
    /// With its unit, as in SET: `4MB`.
    pub work_mem: Option<String>,
    /// In units of the cost of a sequential read: `1.1`.
    pub random_page_cost: Option<String>,
    /// With its unit: `4GB`.
    pub effective_cache_size: Option<String>,
    /// `auto`, `force_custom_plan` or `force_generic_plan`.
    pub plan_cache_mode: Option<String>,
}

/// The settings that each pin fixes.
const ALWAYS: &[(&str, &str)] =
    &[("max_parallel_workers_per_gather", "0"), ("jit", "off"), ("synchronize_seqscans", "off")];

impl Pin {
    /// What is fixed, setting by setting.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        let given = [
            ("work_mem", &self.work_mem),
            ("random_page_cost", &self.random_page_cost),
            ("effective_cache_size", &self.effective_cache_size),
            ("plan_cache_mode", &self.plan_cache_mode),
        ];
        let given = given.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        ALWAYS.iter().copied().chain(given).collect()
    }

    /// Fixes it until the transaction ends; the server refuses values that it does not understand.
    pub(super) async fn set(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        let (names, values): (Vec<&str>, Vec<&str>) = self.settings().into_iter().unzip();
        // As parameters: values come from a file of the user.
        let sql = "select pg_catalog.set_config(s.name, s.value, true) from unnest($1::text[], $2::text[]) as s (name, value)";
        let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(&names, Type::TEXT_ARRAY), (&values, Type::TEXT_ARRAY)];
        client.query_typed(sql, &parameters).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_is_left_to_the_server() {
        let pin = Pin { work_mem: Some("1MB".to_owned()), ..Pin::default() };
        let names: Vec<&str> = pin.settings().iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["max_parallel_workers_per_gather", "jit", "synchronize_seqscans", "work_mem"]);
    }
}
