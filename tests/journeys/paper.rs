//! Paper delivery: the same papers for the guarantor to print and post; no mail, no key, no check.

use guarantee::history::Paper;
use reqwest::Method;
use serde_json::json;
use tests::{World, advance_payment, contract_performance, interim_payment, on_paper, text};

#[tokio::test]
async fn a_paper_guarantee_is_printed_and_posted() {
    let world = World::new().await;
    for (application, concluded_on) in [
        (advance_payment(), "2025-04-14"),
        (interim_payment(), "2025-11-10"),
        (contract_performance(), "2025-04-10"),
    ] {
        let mut application = on_paper(application);
        application["emails"] = json!([]);
        let application = world.apply(&application).await;
        let contract = world
            .issue(&application, &json!({ "concluded_on": concluded_on }))
            .await;
        let number = text(&contract["contract_number"]);
        assert_eq!(contract["mails"], json!([]));
        for paper in ["certificate", "customer-copy", "fee-statement"] {
            let path = format!("/api/desk/contracts/{number}/documents/{paper}");
            let address = world.get(&world.clerk, &path).await.json();
            assert!(
                world
                    .read_paper(&text(&address["url"]))
                    .await
                    .contains(&number)
            );
        }
        for path in [
            format!("/api/certificates/{number}"),
            format!("/api/certificates/{number}/documents/certificate"),
        ] {
            world
                .get(&world.contractor, &path)
                .await
                .problem(404, "not_found");
        }
        for path in ["authentication-key", "authentication-key/reissue"] {
            let path = format!("/api/certificates/{number}/{path}");
            world
                .post(&world.contractor, &path, &json!({}))
                .await
                .problem(404, "not_found");
        }
    }
    world.cloud.drained().await;
    assert_eq!(world.cloud.mails().unwrap().len(), 0);
    let list = world
        .get(&world.contractor, "/api/certificates")
        .await
        .json();
    assert_eq!(list["items"], json!([]));
    world.ends_well().await;
}

/// Mail addresses on a paper application are kept, but nothing is sent to them.
#[tokio::test]
async fn a_paper_guarantee_sends_no_mail_even_where_addresses_are_named() {
    let world = World::new().await;
    let application = world.apply(&on_paper(advance_payment())).await;
    world.issue(&application, &json!({})).await;
    world.cloud.drained().await;
    world.cloud.fire_schedules().await.unwrap();
    assert_eq!(world.cloud.mails().unwrap().len(), 0);
    world.ends_well().await;
}

/// Paper stays possible for what is not eligible electronically.
#[tokio::test]
async fn what_is_not_eligible_electronically_is_guaranteed_on_paper() {
    let world = World::new().await;
    let mut early = on_paper(advance_payment());
    early["contract"]["original_contract_date"] = json!("2025-03-31");
    early["general_conditions_confirmed"] = json!(false);
    world.apply(&early).await;
    let mut paper_only = on_paper(advance_payment());
    paper_only["orderer_code"] = json!("999997");
    world.apply(&paper_only).await;
    let reservation = json!({ "kind": "contract_performance_reservation" });
    world
        .ask(
            &world.contractor,
            Method::POST,
            "/api/applications/estimate",
        )
        .json(&reservation)
        .send()
        .await
        .problem(422, "reservation_not_offered");
    world.ends_well().await;
}

/// Every paper can be made again from the ledger alone, byte for byte.
#[tokio::test]
async fn papers_are_made_again_from_the_ledger() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let ledger = ledger::Ledger::new(&world.cloud.operator(), world.cloud.table());
    let contract = ledger
        .contract(number.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let version = ledger.certificate(&contract).await.unwrap();
    for (paper, archived) in &version.papers {
        let drawn = match paper {
            Paper::Certificate => documents::certificate(&version.certificate),
            Paper::CustomerCopy => documents::customer_copy(&version.certificate),
            Paper::FeeStatement => documents::fee_statement(&version.certificate),
        };
        assert_eq!(tests::sha256(&drawn.unwrap()), archived.sha256, "{paper:?}");
    }
    assert_eq!(version.papers.len(), 3);
    world.ends_well().await;
}
