//! How fast another exchange is asked, and whether it is asked at all.

use std::time::Duration;

use crate::pbx::UpstreamLine;

/// Requests that were not sent for want of a turn may be made up for within this time.
const SLACK: Duration = Duration::from_millis(100);

/// One that is silent is asked again after this time at first, and after this time at the latest.
const SILENCE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));

/// So many a second and no more.
#[derive(Debug, Default)]
pub(super) struct Pace {
    next: Duration,
}

impl Pace {
    /// Whether one may go now.
    pub fn may_go(&self, now: Duration) -> bool {
        self.next <= now
    }

    /// One goes.
    pub fn goes(&mut self, now: Duration, per_s: u32) {
        let gap = Duration::from_secs(1) / per_s.max(1);
        self.next = self.next.max(now.saturating_sub(SLACK)) + gap;
    }

    /// When the next may go.
    pub fn next(&self) -> Duration {
        self.next
    }
}

/// Whether the other exchange answers.
#[derive(Debug, Default)]
pub(super) enum Line {
    /// As far as is known, and when it was heard last.
    #[default]
    Open,
    /// Heard last at that time.
    Heard(Duration),
    /// It does not, or wants to be left alone: not asked before that time, and then by one request alone.
    Shut {
        /// When.
        until: Duration,
        /// How often in a row it was silent.
        times: u32,
    },
}

impl Line {
    /// Whether it may be asked now, while so many wait for an answer.
    pub fn may_ask(&self, now: Duration, open: usize) -> bool {
        self.next(open).is_some_and(|at| at <= now)
    }

    /// When it may be asked; none: not before one of those who wait has an answer, or none.
    pub fn next(&self, open: usize) -> Option<Duration> {
        match self {
            Line::Open | Line::Heard(_) => Some(Duration::ZERO),
            Line::Shut { until, .. } => (open == 0).then_some(*until),
        }
    }

    /// When it is asked again, if it is not asked now.
    pub fn again(&self) -> Option<Duration> {
        match self {
            Line::Open | Line::Heard(_) => None,
            Line::Shut { until, .. } => Some(*until),
        }
    }

    /// Whether anything was heard since something was asked.
    pub fn was_heard_since(&self, asked: Duration) -> bool {
        matches!(self, Line::Heard(at) if *at > asked)
    }

    /// It has spoken. Whether that is news.
    pub fn is_heard(&mut self, now: Duration) -> bool {
        let was_shut = matches!(self, Line::Shut { .. });
        *self = Line::Heard(now);
        was_shut
    }

    /// It has not answered a question. What is new about that.
    pub fn is_silent(&mut self, now: Duration, chance: f64) -> Option<UpstreamLine> {
        let (first, most) = SILENCE;
        let before = match self {
            Line::Shut { times, .. } => *times,
            _ => 0,
        };
        let doubled = 2_u32.saturating_pow(before.min(10));
        let wait = first.saturating_mul(doubled).min(most);
        let is_news = !matches!(self, Line::Shut { .. });
        *self = Line::Shut {
            until: now + wait.mul_f64(0.5 + 0.5 * chance),
            times: before + 1,
        };
        is_news.then_some(UpstreamLine::Silent)
    }

    /// It wants to be left alone for so long. What is new about that.
    pub fn is_busy(&mut self, now: Duration, wait: Duration) -> Option<UpstreamLine> {
        let is_news = !matches!(self, Line::Shut { .. });
        *self = Line::Shut {
            until: now + wait,
            times: 0,
        };
        is_news.then_some(UpstreamLine::Busy)
    }
}
