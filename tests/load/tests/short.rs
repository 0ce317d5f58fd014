//! A short load, to see that it does what it says: whole lives, no error, nothing left undone.

use std::time::Duration;

use load::Load;
use tests::World;

#[tokio::test]
async fn many_clients_at_once_live_whole_lives() {
    let world = World::new().await;
    let load = Load {
        clients: 12,
        time: Duration::from_secs(3),
    };
    let record = load.put_on(world.cloud.api()).await.unwrap();
    assert_eq!(record.errors(), [] as [String; 0]);
    assert!(record.lives() >= 12, "{record}");
    world.cloud.drained().await;
    let lives = usize::try_from(record.lives()).unwrap();
    assert_eq!(world.cloud.mails().unwrap().len(), lives, "a mail for each");
    world.ends_well().await;
}
