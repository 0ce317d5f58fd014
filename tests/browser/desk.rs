//! The guarantor's desk: a refusal with its reason, mails sent again, an orderer's rule, the log.

use serde_json::json;
use tests::{World, advance_payment, contract_performance, text};

use crate::browser::Browser;
use crate::flow::CLERK;

async fn opened(world: &World, path: &str) -> Browser {
    let browser = Browser::open(world).await;
    browser.goto(path).await;
    browser.click("ログイン").await;
    browser.log_in(CLERK.0, CLERK.1).await;
    browser
}

#[tokio::test]
async fn an_application_is_declined_with_a_reason() {
    let world = World::new().await;
    let application = world.apply(&advance_payment()).await;
    world.apply(&advance_payment()).await;
    let browser = opened(
        &world,
        &format!("/desk/applications/{}", text(&application["id"])),
    )
    .await;
    browser
        .see("同じ発注者・件名・種別の申込がほかにもあります。")
        .await;
    browser.click("謝絶する").await;
    assert!(browser.fault("/reason").await.contains("理由"));
    browser.inspect("desk-decline-refused").await;
    browser
        .fill("/reason", "同じ工事の申込が先にあるためです。")
        .await;
    browser.click("謝絶する").await;
    browser.see("この理由が受注者に表示されます。").await;
    browser.click("謝絶する").await;
    browser.see("申込を謝絶しました。").await;
    browser.inspect("desk-declined").await;
    browser.close().await;
}

/// A refusal of the conclusion stands beside its day.
#[tokio::test]
async fn a_wrong_day_is_refused_beside_its_field() {
    let world = World::new().await;
    let application = world.apply(&contract_performance()).await;
    let browser = opened(
        &world,
        &format!("/desk/applications/{}", text(&application["id"])),
    )
    .await;
    browser.fill("/concluded_on", "2025-04-11").await;
    browser.fill("/fee_paid_on", "2025-04-12").await;
    browser.click("保証契約を締結し発行する").await;
    browser.click("締結して発行する").await;
    browser.find(".summary:not([hidden])").await;
    assert!(!browser.fault("/concluded_on").await.is_empty());
    assert!(!browser.fault("/fee_paid_on").await.is_empty());
    browser.inspect("desk-issue-refused").await;
    browser.close().await;
}

#[tokio::test]
async fn a_mail_is_sent_again_to_a_corrected_address_and_the_log_says_so() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    world.check(&number, &key).await;
    world.cloud.drained().await;
    let browser = opened(&world, "/desk/mails?status=sent").await;
    browser.see("keiri@example.jp").await;
    browser.inspect("desk-mails").await;
    browser.click("再送").await;
    browser.fill("/to", "keiri").await;
    browser.click("再送").await;
    browser.find("dialog .wrong .fault:not(:empty)").await;
    browser.inspect("desk-resend-dialog").await;
    browser.fill("/to", "soumu@example.jp").await;
    browser.click("再送").await;
    browser.see("再送を受け付けました。").await;
    world.cloud.drained().await;
    let mails = world.cloud.mails().unwrap();
    assert_eq!(mails.last().unwrap().to, ["soumu@example.jp"]);
    browser.click("申込の一覧").await;
    browser
        .fill("/number", &number.replace('-', "ー").replace('ー', "-"))
        .await;
    browser.click("開く").await;
    browser.inspect("desk-contract").await;
    browser.click("記録を表示する").await;
    for said in [
        "soumu@example.jp",
        "メールの再送",
        "認証キーの表示",
        "保証契約の締結と電子証書の発行",
        "一致",
    ] {
        browser.see(said).await;
    }
    browser.inspect("desk-contract-log").await;
    browser.close().await;
}

#[tokio::test]
async fn a_mail_that_came_back_is_work_at_the_desk() {
    let world = World::new().await;
    let mut body = advance_payment();
    body["emails"] = json!(["bounce@simulator.amazonses.com"]);
    world.issued(&body).await;
    world.cloud.drained().await;
    let browser = opened(&world, "/desk/mails").await;
    browser.see("bounce@simulator.amazonses.com").await;
    browser.see("この宛先には届きません(宛先不明など)").await;
    browser.inspect("desk-mails-bounced").await;
    browser.click("再送").await;
    browser.fill("/to", "soumu@example.jp").await;
    browser.click("再送").await;
    browser.see("再送を受け付けました。").await;
    browser.see("メールはありません。").await;
    browser.close().await;
}

#[tokio::test]
async fn an_orderers_rule_is_edited_and_shown_to_contractors() {
    let world = World::new().await;
    let before = world
        .get(&world.anyone, "/api/orderers/442143")
        .await
        .json();
    let browser = opened(&world, "/desk/orderers").await;
    browser.see("国東市").await;
    browser.inspect("desk-orderers").await;
    browser.click("国東市").await;
    browser.see("国東市の規則").await;
    browser.inspect("desk-orderer").await;
    browser
        .fill("/electronic/original_contracts_from", "2025-05-01")
        .await;
    browser.fill("/limits/advance_construction", "35").await;
    browser.fill("/recipient", "").await;
    browser.click("保存する").await;
    assert!(!browser.fault("/recipient").await.is_empty());
    browser.fill("/recipient", "国東市長").await;
    browser.click("保存する").await;
    browser.see("国東市の規則を保存しました。").await;
    let mut expected = before;
    expected["electronic"]["original_contracts_from"] = json!("2025-05-01");
    expected["limits"] = json!({ "advance_construction": 350_000 });
    let after = world
        .get(&world.anyone, "/api/orderers/442143")
        .await
        .json();
    assert_eq!(after, expected, "nothing else has changed");
    browser.close().await;
}

#[tokio::test]
async fn a_new_orderer_is_entered() {
    let world = World::new().await;
    let browser = opened(&world, "/desk/orderers/new").await;
    browser.fill("/code", "131016").await;
    browser.fill("/name", "千代田区").await;
    browser.fill("/recipient", "千代田区長").await;
    browser.fill("/source", "見本").await;
    browser.choose("/electronic", "no").await;
    browser.click("提出方法を追加する").await;
    browser
        .choose("/hand_over/0/kinds", "advance_payment")
        .await;
    browser.choose("/hand_over/0/papers", "key_notice").await;
    browser.fill("/hand_over/0/how", "持参してください。").await;
    browser.inspect("desk-orderer-new").await;
    browser.click("保存する").await;
    browser.see("千代田区の規則を保存しました。").await;
    let entered = world
        .get(&world.anyone, "/api/orderers/131016")
        .await
        .json();
    assert_eq!(entered["hand_over"][0]["how"], "持参してください。");
    browser.close().await;
}
