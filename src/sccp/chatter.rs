//! What the log holds about people who may be anybody, and about very many phones at once: so many lines, and of the rest how
//! many there were.

use std::time::Duration;

use crate::time::Now;

/// One line more after so long, for ever.
const EVERY: Duration = Duration::from_millis(200);

/// So many at once.
const AT_ONCE: u32 = 200;

/// Counts the lines.
#[derive(Debug, Default)]
pub(super) struct Chatter {
    /// When all lines of the allowance are there again (uptime).
    whole_at: Duration,
    unsaid: u64,
}

impl Chatter {
    /// Whether there may be another line, and how many there were not since the last.
    pub fn may_say(&mut self, now: Now) -> Option<u64> {
        let next = self.whole_at.max(now.uptime) + EVERY;
        if next > now.uptime + EVERY * AT_ONCE {
            self.unsaid += 1;
            return None;
        }
        self.whole_at = next;
        Some(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Utc;

    #[test]
    fn what_is_too_much_is_counted_and_said_with_the_next_line() {
        let mut chatter = Chatter::default();
        let at = |millis: u64| Now {
            uptime: Duration::from_secs(1000) + Duration::from_millis(millis),
            utc: Utc(0),
        };
        let mut said = |millis, times| {
            let lines = (0..times).filter_map(|_| chatter.may_say(at(millis)));
            lines.collect::<Vec<u64>>()
        };
        assert_eq!(said(0, 1000), [0; 200]);
        assert_eq!(said(199, 10).len(), 0);
        assert_eq!(said(200, 10), [810]);
        assert_eq!(said(400, 1), [9]);
        assert_eq!(said(100_000, 1000).len(), 200);
    }
}
