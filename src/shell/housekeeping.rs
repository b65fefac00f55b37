//! What has to be done again and again beside the exchange: expiry and background saving of bindings.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::Clock;
use super::serve::Server;
use super::supervise::supervise;
use super::tls::Tls;
use super::wires::Wires;
use crate::exchange::Input;
use crate::sip::Registrar;

/// How often.
const ROUND: Duration = Duration::from_secs(1);

/// In how many rounds it is looked again at which of our addresses peers reach us.
const FORGET_ADDRESSES: u64 = 600;

/// In how many rounds it is said once that peers were turned away.
const TELL_OVERLOAD: u64 = 10;

/// How many bindings are saved in one round.
const BINDINGS: usize = 16_384;

/// How often it is looked whether the certificate has changed, and in how many of these rounds how long it is good.
const LOOK_AT_CERTIFICATE: Duration = Duration::from_secs(2);
const RENEW_CERTIFICATE: u64 = 43_200;

/// Begins the rounds.
pub fn start(server: Server, registrar: Arc<Registrar>, wires: Wires) {
    supervise("housekeeping", move || {
        rounds(server.clone(), Arc::clone(&registrar), wires.clone())
    });
}

async fn rounds(server: Server, registrar: Arc<Registrar>, wires: Wires) {
    let mut ticks = interval(ROUND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut turned_away = server.metrics.overloads();
    for round in 1u64.. {
        ticks.tick().await;
        tell_news(&server, &registrar).await;
        save_bindings(&server, &registrar);
        if round % FORGET_ADDRESSES == 0 {
            wires.udp.forget_addresses();
        }
        if round % TELL_OVERLOAD == 0 {
            tell_overload(&server, &mut turned_away);
        }
    }
}

/// Begins to look after the certificate.
pub fn look_after(clock: Clock, tls: Arc<Tls>) {
    supervise("looking after the certificate", move || {
        let tls = Arc::clone(&tls);
        async move {
            let mut ticks = interval(LOOK_AT_CERTIFICATE);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for round in 1u64.. {
                ticks.tick().await;
                let (tls, now) = (Arc::clone(&tls), clock.now().utc);
                // Files may be far away.
                let looked = tokio::task::spawn_blocking(move || {
                    tls.look(now);
                    if round % RENEW_CERTIFICATE == 0 {
                        tls.renew(now);
                    }
                });
                if looked.await.is_err() {
                    tracing::error!("the certificate could not be looked after; report this log");
                }
            }
        }
    });
}

/// Tells the exchange which registrations have run out, and who was locked out.
pub async fn tell_news(server: &Server, registrar: &Registrar) {
    for news in registrar.expire(server.clock.now()) {
        server.intake.tell(Input::News(news)).await;
    }
}

/// Saves where phones are, as far as it changed.
pub fn save_bindings(server: &Server, registrar: &Registrar) {
    let unsaved = registrar.take_unsaved(BINDINGS);
    if !unsaved.is_empty() {
        server.store.save_bindings(unsaved);
    }
}

fn tell_overload(server: &Server, before: &mut u64) {
    let total = server.metrics.overloads();
    if total > *before {
        let requests = total - *before;
        tracing::warn!(
            requests,
            "requests were answered 503: more work than the exchange can do"
        );
    }
    *before = total;
}
