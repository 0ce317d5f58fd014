//! The certificate on the screens of the contractor and of the orderer.

use serde_json::{Value, json};
use tests::{World, advance_payment, contract_performance, text};

use crate::browser::Browser;
use crate::flow::{CONTRACTOR, one_sheet};

/// A contract that was completed long before the test runs.
fn completed() -> Value {
    let mut body = advance_payment();
    body["contract"]["completes_on"] = json!("2025-06-30");
    body
}

async fn opened(world: &World, path: &str) -> Browser {
    let browser = Browser::open(world).await;
    browser.goto(path).await;
    browser.click("ログイン").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser
}

/// Whoever pays on a certificate has to see that its day has passed, on the print that is filed too.
#[tokio::test]
async fn an_expired_certificate_says_so_on_screen_and_in_print() {
    let world = World::new().await;
    let number = world.issued(&completed()).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    let standing = ".outcome .badge.expired";
    let browser = opened(&world, &format!("/contractor/certificates/{number}")).await;
    let badge = browser.find(standing).await;
    assert_eq!(badge.text().await.unwrap(), "期限経過");
    browser
        .goto(&format!("/verify#number={number}&key={key}"))
        .await;
    browser.click("電子証書を確認する").await;
    let badge = browser.find(standing).await;
    assert_eq!(badge.text().await.unwrap(), "期限経過");
    assert!(!browser.text().await.contains("有効"));
    browser.inspect("verified-expired").await;
    let print = browser.printed("verified-expired").await;
    one_sheet(&print, &["期限経過", "令和7年(2025年)6月30日", "確認日時"]);
    browser.close().await;
}

/// 国東市 takes the papers of a 契約保証 with the contract, and those of a 前払金保証 with the invoice.
#[tokio::test]
async fn what_to_hand_over_is_said_for_this_kind_of_guarantee() {
    let world = World::new().await;
    let application = world.apply(&contract_performance()).await;
    // A 契約保証 is given with the contract at the latest.
    let day = json!({ "concluded_on": "2025-04-10", "fee_paid_on": "2025-04-10" });
    let performance = text(&world.issue(&application, &day).await["contract_number"]);
    let advance = world.issued(&advance_payment()).await;
    let browser = opened(&world, "/contractor/certificates").await;
    for (number, with, without) in [
        (performance, "契約書の提出に合わせて", "請求書"),
        (advance, "請求書の提出に合わせて", "契約書の提出"),
    ] {
        browser.click(&number).await;
        browser.see(with).await;
        assert!(!browser.text().await.contains(without));
        browser.click("「認証キー」の表示").await;
        browser.find("#key").await;
        browser.see(with).await;
        assert!(!browser.text().await.contains(without));
        browser.click("電子証書").await;
        browser.see("保証契約番号を選ぶと").await;
    }
    browser.close().await;
}
