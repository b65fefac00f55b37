//! `[history]`: how much the store keeps.

use super::reader::Reader;
use crate::store::Limits;

/// Reads what the settings file says.
pub(super) fn read(reader: &mut Reader, history: &mut Limits) {
    reader.number(
        "history",
        "sessions",
        0..=1_000_000_000,
        &mut history.sessions_kept,
    );
    reader.number(
        "history",
        "records",
        0..=1_000_000_000,
        &mut history.records_kept,
    );
    reader.number(
        "history",
        "activity_days",
        0..=3660,
        &mut history.activity_days,
    );
    reader.number(
        "history",
        "activities",
        0..=1_000_000_000,
        &mut history.activities_kept,
    );
}
