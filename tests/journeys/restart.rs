//! A restart in the middle of the flow loses nothing.

use serde_json::json;
use tests::{World, advance_payment, text};

#[tokio::test]
async fn a_restart_in_the_middle_of_the_flow_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();

    let world = World::kept_in(folder.path()).await;
    let application = world.apply(&advance_payment()).await;
    world.cloud.shutdown().await;

    let world = World::kept_in(folder.path()).await;
    let number = text(&world.issue(&application, &json!({})).await["contract_number"]);
    world.cloud.shutdown().await;

    let world = World::kept_in(folder.path()).await;
    world.cloud.drained().await;
    world.cloud.fire_schedules().await.unwrap();
    assert_eq!(world.cloud.mails().unwrap().len(), 1);
    let key = text(&world.show_key(&number).await["authentication_key"]);
    world.cloud.shutdown().await;

    let world = World::kept_in(folder.path()).await;
    assert_eq!(
        text(&world.show_key(&number).await["authentication_key"]),
        key
    );
    assert_eq!(world.check(&number, &key).await.status, 200);
    let address = world
        .get(
            &world.contractor,
            &format!("/api/certificates/{number}/documents/certificate"),
        )
        .await
        .json();
    assert!(
        world
            .read_paper(&text(&address["url"]))
            .await
            .contains(&number)
    );
    world.ends_well().await;
}
