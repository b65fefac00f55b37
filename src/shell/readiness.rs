//! Whether this server should be sent work, and if not, why.

use tokio::sync::watch;

/// What readiness depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Whether the sockets are open.
    pub listening: bool,
    /// Whether a site was loaded.
    pub site: bool,
    /// What is wrong with the store, if anything.
    pub store: Option<String>,
    /// Whether the server is stopping.
    pub draining: bool,
}

impl State {
    /// Why the server is not ready, a sentence each. Empty: it is.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.draining {
            reasons.push("the server is stopping".to_owned());
        }
        if !self.listening {
            reasons.push("the sockets are not open yet".to_owned());
        }
        if !self.site {
            reasons.push("no site was applied yet; run: perch apply FILE".to_owned());
        }
        if let Some(trouble) = &self.store {
            reasons.push(format!("the store does not work: {trouble}"));
        }
        reasons
    }
}

/// Holds the state for those who report it and those who are asked for it.
#[derive(Clone, Debug)]
pub struct Readiness(watch::Sender<State>);

impl Default for Readiness {
    fn default() -> Readiness {
        Readiness(watch::Sender::new(State::default()))
    }
}

impl Readiness {
    /// Reports something new.
    pub fn update(&self, change: impl FnOnce(&mut State)) {
        self.0.send_if_modified(|state| {
            let before = state.clone();
            change(state);
            *state != before
        });
    }

    /// Why the server is not ready; empty: it is.
    pub fn reasons(&self) -> Vec<String> {
        self.0.borrow().reasons()
    }

    /// Hears of every change.
    pub fn subscribe(&self) -> watch::Receiver<State> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ready_when_nothing_is_missing() {
        let readiness = Readiness::default();
        assert_eq!(readiness.reasons().len(), 2);
        readiness.update(|state| {
            state.listening = true;
            state.site = true;
        });
        assert_eq!(readiness.reasons(), Vec::<String>::new());
        readiness.update(|state| state.store = Some("disk full".into()));
        assert_eq!(readiness.reasons(), ["the store does not work: disk full"]);
    }
}
