//! `[subscriptions]`: for how long phones watch something, how many may, and what they see.

use super::reader::Reader;
use crate::sip::WatchSettings;

/// RFC 6665 §4.2.1.1 lets nobody be refused who wants an hour.
const MIN_S: std::ops::RangeInclusive<i64> = 1..=3600;

/// A watcher that is gone should be noticed on the same day.
const MAX_S: std::ops::RangeInclusive<i64> = 60..=86_400;

/// Reads what the settings file says.
pub(super) fn read(reader: &mut Reader, watching: &mut WatchSettings) {
    let section = "subscriptions";
    reader.number(section, "min_s", MIN_S, &mut watching.min_expires_s);
    reader.number(section, "max_s", MAX_S, &mut watching.max_expires_s);
    reader.number(section, "per_phone", 1..=10_000, &mut watching.per_phone);
    reader.number(section, "at_once", 0..=10_000_000, &mut watching.in_all);
    reader.switch(section, "show_parties", &mut watching.show_parties);
    let WatchSettings {
        min_expires_s: min,
        max_expires_s: max,
        ..
    } = *watching;
    if max < min {
        let what = format!("subscriptions.max_s, {max}, is less than subscriptions.min_s, {min}");
        reader.problem(section, "max_s", &what, "Make it at least as long");
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use crate::sip::WatchSettings;

    fn parsed(text: &str) -> Result<WatchSettings, String> {
        let settings = Settings::parse("perch.toml", text).map_err(|why| why.to_string())?;
        Ok(settings.watching)
    }

    #[test]
    fn watching_can_be_bounded() {
        assert_eq!(parsed(""), Ok(WatchSettings::default()));
        let text = "[subscriptions]\nmin_s = 30\nmax_s = 600\nper_phone = 5\nat_once = 7\nshow_parties = true\n";
        let expected = WatchSettings {
            min_expires_s: 30,
            max_expires_s: 600,
            per_phone: 5,
            in_all: 7,
            show_parties: true,
        };
        assert_eq!(parsed(text), Ok(expected));
        expect_test::expect![[r#"
            perch.toml:2: subscriptions.max_s, 90, is less than subscriptions.min_s, 120. Make it at least as long"#]]
        .assert_eq(
            &parsed("[subscriptions]\nmax_s = 90\nmin_s = 120\n").expect_err("too short"),
        );
    }
}
