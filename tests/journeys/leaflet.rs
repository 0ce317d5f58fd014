//! The leaflet's flow, STEP 1 to 4 and the orderer's check, for each of the three kinds.

use guarantee::calendar::Date;
use guarantee::money::Yen;
use serde_json::{Value, json};
use tests::{World, advance_payment, contract_performance, interim_payment, text};

/// Walks the whole flow, and gives the certificate as its contractor sees it.
async fn walk(application: Value, conclusion: Value) -> Value {
    let world = World::new().await;

    // STEP 1: apply.
    let estimate = world
        .ask(
            &world.contractor,
            reqwest::Method::POST,
            "/api/applications/estimate",
        )
        .json(&application)
        .send()
        .await;
    assert_eq!(estimate.json()["acceptable"], true, "{}", estimate.text());
    let applied = world
        .post(&world.contractor, "/api/applications", &application)
        .await;
    assert_eq!(applied.status, 201, "{}", applied.text());
    let shown = world
        .get(&world.contractor, applied.header("location"))
        .await;
    assert_eq!(
        (shown.json(), shown.header("etag")),
        (applied.json(), applied.header("etag"))
    );
    let application = applied.json();
    assert_eq!(
        application["general_conditions"],
        "国東市公共工事請負契約約款【R7.4.1以降】"
    );

    // The guarantor concludes the guarantee contract and issues the certificate.
    let contract = world.issue(&application, &conclusion).await;
    let number = text(&contract["contract_number"]);

    // STEP 2: the mail, without a key and without an address that opens anything.
    world.cloud.drained().await;
    let mails = world.cloud.mails().unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "電子証書・認証キー登録のお知らせ");
    assert!(
        mails[0].text.contains(&number)
            && mails[0]
                .text
                .contains("国東市公共工事請負契約約款【R7.4.1以降】")
    );

    // STEP 3: the list, the certificate, its papers.
    let list = world
        .get(&world.contractor, "/api/certificates")
        .await
        .json();
    assert_eq!(list["items"][0]["contract_number"], number.as_str());
    let certificate = world
        .get(&world.contractor, &format!("/api/certificates/{number}"))
        .await
        .json();
    assert_eq!(certificate["authentication_key_issued_at"], Value::Null);
    assert_eq!(
        certificate["hand_over"]["rules"][0]["papers"],
        json!(["key_notice", "certificate"])
    );
    for paper in ["certificate", "customer-copy", "fee-statement"] {
        let address = world
            .get(
                &world.contractor,
                &format!("/api/certificates/{number}/documents/{paper}"),
            )
            .await
            .json();
        let read = world.read_paper(&text(&address["url"])).await;
        for value in values_of(&certificate, paper) {
            let value: String = value.split_whitespace().collect();
            assert!(read.contains(&value), "{paper} lacks {value}: {read}");
        }
    }

    // STEP 4: the key and its notice, the same at every press.
    let key = world.show_key(&number).await;
    let again = world.show_key(&number).await;
    assert_eq!(key["authentication_key"], again["authentication_key"]);
    assert_eq!(key["key_notice"]["sha256"], again["key_notice"]["sha256"]);
    let notice = world.read_paper(&text(&key["key_notice"]["url"])).await;
    let secret = text(&key["authentication_key"]);
    for value in [
        "電子証書閲覧用「認証キー」等のお知らせ",
        "髙﨑建設株式会社",
        "国東市",
        "発注者へ",
        &number,
        &secret,
    ] {
        assert!(notice.contains(value), "the notice lacks {value}: {notice}");
    }

    // The orderer's check, as typed from a FAX.
    let typed = secret.replace('-', " ").to_lowercase();
    let checked = world.check(&number.replace('-', "ー"), &typed).await;
    assert_eq!(checked.status, 200, "{}", checked.text());
    let checked = checked.json();
    assert_eq!(
        checked["guaranteed_amount"],
        certificate["guaranteed_amount"]
    );
    assert_eq!(checked["period"], certificate["period"]);
    for between in ["emails", "fee", "fee_paid_on"] {
        assert!(certificate.get(between).is_some(), "{between}");
        assert_eq!(
            checked.get(between),
            None,
            "{between} is between contractor and guarantor"
        );
    }
    let body = json!({ "contract_number": number, "authentication_key": secret });
    let document = world
        .ask(
            &world.anyone,
            reqwest::Method::POST,
            "/api/verifications/document",
        )
        .json(&body)
        .send()
        .await
        .json();
    assert!(
        world
            .read_paper(&text(&document["url"]))
            .await
            .contains(&number)
    );

    // The log says it all, as one chain.
    let log = world
        .get(
            &world.clerk,
            &format!("/api/desk/contracts/{number}/events"),
        )
        .await
        .json();
    let events: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| text(&event["event"]))
        .collect();
    assert_eq!(events, ["submitted", "issued", "mail_sent", "key_issued"]);
    for pair in log["items"].as_array().unwrap().windows(2) {
        assert_eq!(pair[0]["hash"], pair[1]["previous"]);
    }
    assert_eq!(log["checks"].as_array().unwrap().len(), 2);
    world.ends_well().await;
    certificate
}

/// What a paper must say of a certificate.
fn values_of(certificate: &Value, paper: &str) -> Vec<String> {
    let date = |value: &Value| Date::parse(&text(value)).unwrap().wareki();
    let yen = |value: &Value| Yen::new(value.as_u64().unwrap()).unwrap();
    let contract = &certificate["contract"];
    let mut values = vec![
        text(&certificate["contract_number"]),
        text(&certificate["contractor"]["name"]),
        text(&certificate["guarantor"]["name"]),
        date(&certificate["issued_on"]),
        yen(&certificate["guaranteed_amount"]).grouped(),
    ];
    if paper == "fee-statement" {
        values.extend([
            "保証料計算書".to_owned(),
            "非課税".to_owned(),
            yen(&certificate["fee"]["amount"]).grouped(),
        ]);
        if certificate["fee"]["assumed"] == true {
            values.push("仮".to_owned());
        }
    } else {
        values.extend([
            text(&certificate["orderer"]["recipient"]),
            text(&certificate["contractor"]["representative"]),
            text(&certificate["contractor"]["address"]),
            text(&contract["title"]),
            text(&contract["reference"]),
            text(&contract["place"]),
            date(&contract["original_contract_date"]),
            date(&contract["starts_on"]),
            date(&contract["completes_on"]),
            yen(&contract["price"]).grouped(),
            yen(&certificate["guaranteed_amount"]).daiji(),
            date(&certificate["period"]["until"]),
            text(&certificate["conditions"]["title"]),
            text(&certificate["wording"]),
        ]);
        if let Some(prior) = certificate.get("prior_advance") {
            values.push(yen(&prior["amount"]).grouped());
            values.push((yen(&prior["amount"]) + yen(&certificate["guaranteed_amount"])).grouped());
        }
        values.push(if paper == "customer-copy" {
            "控".to_owned()
        } else {
            "保証証書(".to_owned()
        });
    }
    values
}

#[tokio::test]
async fn an_advance_payment_is_guaranteed() {
    let certificate = walk(
        advance_payment(),
        json!({ "concluded_on": "2025-04-14", "fee_paid_on": "2025-04-14" }),
    )
    .await;
    assert_eq!(certificate["fee"]["assumed"], true);
}

#[tokio::test]
async fn an_interim_payment_is_guaranteed() {
    let certificate = walk(interim_payment(), json!({ "concluded_on": "2025-11-10" })).await;
    assert_eq!(certificate["fee"]["amount"], 3_900);
    assert_eq!(certificate["fee"]["assumed"], false);
}

/// Given at the conclusion of the contract at the latest, so concluded on its very day.
#[tokio::test]
async fn the_performance_of_a_contract_is_guaranteed() {
    let certificate = walk(
        contract_performance(),
        json!({ "concluded_on": "2025-04-10" }),
    )
    .await;
    assert_eq!(
        certificate["period"],
        json!({ "from": "2025-04-10", "until": "2026-03-20" })
    );
}
