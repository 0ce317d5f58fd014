//! The mail, which no client asks for: the stream and the schedule try until it is sent.

use std::time::{Duration, Instant};

use tests::{World, advance_payment};

use crate::{OPERATIONS, Trouble, a_moment};

/// Longer than a lease (45 s), after which the schedule takes up what a sender left.
const PATIENCE: Duration = Duration::from_secs(90);

/// Issues under a trouble of the function that sends, and waits until the mail is marked as sent; says
/// whether the trouble was met.
async fn meets(world: &World, trouble: Trouble) -> bool {
    trouble.set(world, "Notify");
    let before = world.cloud.mails().unwrap().len();
    let number = world.issued(&advance_payment()).await;
    let begin = Instant::now();
    loop {
        world.cloud.drained().await;
        let contract = world
            .get(&world.clerk, &format!("/api/desk/contracts/{number}"))
            .await
            .json();
        if contract["mails"][0]["status"] == "sent" {
            break;
        }
        assert!(
            begin.elapsed() < PATIENCE,
            "{trouble:?}: the mail is not sent: {contract:#}"
        );
        let _ = world.cloud.fire_schedules().await;
        a_moment().await;
    }
    // Once, or again where the yes of the mail service or the mark of it was lost on the way.
    let sent = world.cloud.mails().unwrap().len() - before;
    let calls = usize::try_from(trouble.calls).unwrap();
    assert!((1..=calls + 1).contains(&sent), "{trouble:?}: {sent} mails");
    world.cloud.call_off_faults() < calls
}

#[tokio::test]
async fn every_mail_is_sent_in_the_end() {
    let mut met = 0;
    for operation in OPERATIONS {
        let mut worlds = Vec::new();
        for nth in 1..=6 {
            // All troubles of a call at once, each in a world of its own: some wait for a lease to end.
            let troubles = Trouble::with(operation, nth);
            let tasks: Vec<_> = troubles
                .into_iter()
                .map(|trouble| {
                    tokio::spawn(async move {
                        let world = World::new().await;
                        let struck = meets(&world, trouble).await;
                        world.ends_well().await;
                        struck
                    })
                })
                .collect();
            let mut struck = 0;
            for task in tasks {
                struck += usize::from(task.await.unwrap());
            }
            worlds.push(struck);
            if struck == 0 {
                break;
            }
        }
        met += worlds.iter().sum::<usize>();
    }
    assert!(met > 10, "{met} troubles were met");
}
