//! Tasks and threads that must not end while the server runs.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// Runs the task that `begin` makes, and begins it again if it panics: one message that shows a fault of ours must
/// not silence a socket for ever.
pub fn supervise<F>(what: &'static str, begin: impl Fn() -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        while let Err(error) = tokio::spawn(begin()).await
            && error.is_panic()
        {
            report(what);
        }
    });
}

/// The same for what waits in the kernel and so needs a thread of its own.
pub fn supervise_thread(what: &'static str, work: impl Fn() + Send + 'static) -> io::Result<()> {
    let run = move || {
        // Whatever the work shares is used by others, who would go on after a panic just so.
        while catch_unwind(AssertUnwindSafe(&work)).is_err() {
            report(what);
        }
    };
    thread::Builder::new().name(what.into()).spawn(run)?;
    Ok(())
}

fn report(what: &'static str) {
    tracing::error!(
        what,
        "a task ended by a fault in Perch and was begun again; report this log"
    );
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_begun_again() {
        let (done, mut is_done) = mpsc::channel::<()>(1);
        let begun = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&begun);
        supervise("a test", move || {
            let (count, done) = (Arc::clone(&count), done.clone());
            async move {
                assert!(count.fetch_add(1, Ordering::Relaxed) > 0, "the first time");
                let _ = done.send(()).await;
            }
        });
        is_done
            .recv()
            .await
            .expect("the second time it does not panic");
        assert_eq!(begun.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_thread_that_panics_goes_on() {
        let (done, is_done) = std::sync::mpsc::channel();
        let begun = AtomicU32::new(0);
        supervise_thread("a test", move || {
            assert!(begun.fetch_add(1, Ordering::Relaxed) > 0, "the first time");
            let _ = done.send(());
        })
        .expect("a thread");
        is_done.recv().expect("the second time it does not panic");
    }
}
