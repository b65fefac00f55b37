//! `[calls]`: in which intervals phones say that their calls go on (RFC 4028).

use super::reader::Reader;
use crate::sip::SessionIntervals;

/// RFC 4028 §4 allows no less.
const LEAST_S: i64 = 90;

/// A phone that has gone should be noticed on the same day.
const MOST_S: i64 = 86_400;

/// Reads what the settings file says.
pub(super) fn read(reader: &mut Reader, sessions: &mut SessionIntervals) {
    let allowed = LEAST_S..=MOST_S;
    reader.number("calls", "session_s", allowed.clone(), &mut sessions.usual_s);
    reader.number("calls", "session_min_s", allowed, &mut sessions.least_s);
    let SessionIntervals { usual_s, least_s } = *sessions;
    if usual_s < least_s {
        let what =
            format!("calls.session_s, {usual_s}, is less than calls.session_min_s, {least_s}");
        reader.problem("calls", "session_s", &what, "Make it at least as long");
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;

    fn parsed(text: &str) -> Result<(u32, u32), String> {
        let settings = Settings::parse("perch.toml", text).map_err(|why| why.to_string())?;
        Ok((settings.sessions.usual_s, settings.sessions.least_s))
    }

    #[test]
    fn intervals_are_those_that_rfc_4028_allows() {
        assert_eq!(parsed(""), Ok((1800, 90)));
        assert_eq!(
            parsed("[calls]\nsession_s = 600\nsession_min_s = 120\n"),
            Ok((600, 120))
        );
        expect_test::expect![[r#"
            perch.toml:2: calls.session_min_s must be 90 to 86400, not 60. Choose a number in that range"#]]
        .assert_eq(&parsed("[calls]\nsession_min_s = 60\n").expect_err("too short"));
        expect_test::expect![[r#"
            perch.toml:2: calls.session_s, 300, is less than calls.session_min_s, 600. Make it at least as long"#]]
        .assert_eq(
            &parsed("[calls]\nsession_s = 300\nsession_min_s = 600\n").expect_err("too short"),
        );
    }
}
