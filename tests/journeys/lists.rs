//! Lists in pages.

use serde_json::{Value, json};
use tests::{World, advance_payment, text};

/// Follows a list to its end in pages of two, and gives what `field` says on the way.
async fn whole(world: &World, person: &tests::Person, path: &str, field: &str) -> Vec<String> {
    let joiner = if path.contains('?') { '&' } else { '?' };
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world
            .get(person, &format!("{path}{joiner}limit=2{cursor}"))
            .await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        found.extend(items.iter().map(|item| text(&item[field])));
        match &page["next_cursor"] {
            Value::Null => return found,
            next => cursor = format!("&cursor={}", text(next)),
        }
    }
}

#[tokio::test]
async fn lists_are_walked_page_by_page_without_loss_or_repetition() {
    let world = World::new().await;
    let mut ids = Vec::new();
    let mut numbers = Vec::new();
    for place in 0..5 {
        let mut body = advance_payment();
        body["contract"]["title"] = json!(format!("市道改良工事その{place}"));
        let application = world.apply(&body).await;
        ids.push(text(&application["id"]));
        if place < 3 {
            numbers.push(text(
                &world.issue(&application, &json!({})).await["contract_number"],
            ));
        }
    }
    assert_eq!(
        whole(&world, &world.clerk, "/api/desk/applications", "id").await,
        ids[3..],
        "the queue, oldest first"
    );
    assert_eq!(
        whole(
            &world,
            &world.clerk,
            "/api/desk/applications?status=issued",
            "id"
        )
        .await,
        ids[..3]
    );
    ids.reverse();
    numbers.reverse();
    assert_eq!(
        whole(&world, &world.contractor, "/api/applications", "id").await,
        ids,
        "newest first"
    );
    assert_eq!(
        whole(
            &world,
            &world.contractor,
            "/api/certificates",
            "contract_number"
        )
        .await,
        numbers
    );
    assert_eq!(
        whole(&world, &world.other_contractor, "/api/applications", "id").await,
        Vec::<String>::new()
    );
    world.cloud.drained().await;
    let mut mailed = whole(
        &world,
        &world.clerk,
        "/api/desk/mails?status=sent",
        "contract_number",
    )
    .await;
    mailed.reverse();
    assert_eq!(mailed, numbers);
    world.ends_well().await;
}

/// A cursor opens nothing of somebody else's: the partition comes from who asks.
#[tokio::test]
async fn a_cursor_of_another_shows_nothing_of_another() {
    let world = World::new().await;
    for _ in 0..3 {
        world.apply(&advance_payment()).await;
    }
    let page = world
        .get(&world.contractor, "/api/applications?limit=1")
        .await
        .json();
    let cursor = text(&page["next_cursor"]);
    let other = world
        .get(
            &world.other_contractor,
            &format!("/api/applications?cursor={cursor}"),
        )
        .await
        .json();
    assert_eq!(other["items"], json!([]));
    world.ends_well().await;
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused() {
    let world = World::new().await;
    for (query, code) in [
        ("limit=0", "invalid_limit"),
        ("limit=101", "invalid_limit"),
        ("limit=many", "invalid_limit"),
        ("cursor=nowhere", "invalid_cursor"),
    ] {
        world
            .get(&world.contractor, &format!("/api/applications?{query}"))
            .await
            .problem(400, code);
    }
    world
        .get(&world.clerk, "/api/desk/applications?status=lost")
        .await
        .problem(400, "invalid_status");
    world
        .get(&world.clerk, "/api/desk/mails?status=lost")
        .await
        .problem(400, "invalid_status");
    world.ends_well().await;
}

/// What a query says twice is a problem, and no text of a library.
#[tokio::test]
async fn a_parameter_that_stands_twice_is_a_problem() {
    let world = World::new().await;
    for path in [
        "/api/desk/mails?status=owed&status=sent",
        "/api/desk/applications?status=issued&status=issued",
        "/api/desk/mails?limit=1&limit=2",
    ] {
        let answer = world.get(&world.clerk, path).await;
        answer.problem(400, "invalid_query");
    }
    world.ends_well().await;
}
