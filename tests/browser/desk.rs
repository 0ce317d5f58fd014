//! The guarantor's desk: the queue, a refusal with its reason, mails sent again, the log.

use local::{Fault, FaultKind, When};
use serde_json::json;
use tests::{World, advance_payment, contract_performance, text};

use crate::browser::Browser;
use crate::flow::CLERK;

/// The desk, as its clerk finds it after the login.
pub(crate) async fn opened(world: &World, path: &str) -> Browser {
    let browser = Browser::open(world).await;
    browser.goto(path).await;
    browser.click("ログイン").await;
    browser.log_in(CLERK.0, CLERK.1).await;
    browser
}

/// Who applied first is served first, over the end of a page too.
#[tokio::test]
async fn the_queue_begins_with_the_oldest_application() {
    let world = World::new().await;
    let mut body = advance_payment();
    let titles: Vec<_> = (1..=22)
        .map(|place| format!("市道{place}号線道路改良工事"))
        .collect();
    for title in &titles {
        body["contract"]["title"] = json!(title);
        world.apply(&body).await;
    }
    let shown = "return [...document.querySelectorAll('tbody a')].map((link) => link.textContent)";
    let browser = opened(&world, "/desk").await;
    browser.see("申込の古い順に表示しています。").await;
    browser.see("1時間未満").await;
    assert_eq!(browser.run(shown).await, json!(titles[..20]));
    browser.click("続きを表示する").await;
    browser.see(&titles[21]).await;
    assert_eq!(browser.run(shown).await, json!(titles));
    browser.close().await;
}

/// The answer to a decision is lost, and a day is corrected before it is sent again: what was decided is shown.
#[tokio::test]
async fn a_lost_answer_and_a_corrected_day_lead_to_what_was_decided() {
    let world = World::new().await;
    let application = world.apply(&advance_payment()).await;
    let path = format!("/desk/applications/{}", text(&application["id"]));
    let browser = opened(&world, &path).await;
    browser.fill("/concluded_on", "2025-04-20").await;
    browser.fill("/fee_paid_on", "2025-04-20").await;
    browser.lose_the_answer_to("/issue").await;
    browser.click("保証契約を締結し発行する").await;
    browser.click("締結して発行する").await;
    browser.see("通信できませんでした。").await;
    browser.fill("/fee_paid_on", "2025-04-19").await;
    browser.click("保証契約を締結し発行する").await;
    browser.click("締結して発行する").await;
    browser
        .see("前に送信した内容を、すでに受け付けている可能性があります。")
        .await;
    browser.inspect("desk-perhaps-decided").await;
    browser.click("最新の内容を表示する").await;
    browser.see("保証契約を開く").await;
    browser.close().await;
}

/// A slip in a number is said at the desk as it is to an orderer, before anything is asked.
#[tokio::test]
async fn a_mistyped_number_is_said_beside_its_field() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let browser = opened(&world, "/desk").await;
    browser.see("保証契約番号から開く").await;
    let last = if number.ends_with('1') { '2' } else { '1' };
    let slip = format!("{}{last}", number.get(..13).unwrap());
    for (typed, said) in [
        ("", "保証契約番号を入力してください。"),
        ("0712", "保証契約番号は12桁です(4桁あります)。"),
        (
            &slip,
            "保証契約番号に打ち間違いがあります。もう一度ご確認ください。",
        ),
    ] {
        browser.fill("/number", typed).await;
        browser.click("開く").await;
        assert_eq!(browser.fault("/number").await, said);
        assert!(browser.asked().await.is_empty(), "nothing was asked");
    }
    browser.inspect("desk-slip").await;
    browser.fill("/number", &number.replace('-', "")).await;
    browser.click("開く").await;
    browser.see("保証契約の締結日").await;
    browser.close().await;
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
    browser.click("記録を保存する(JSON)").await;
    let (name, saved) = browser.downloaded_file().await;
    assert_eq!(name, format!("log_{number}.json"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, saved).unwrap();
    let events = local::verify_log(&file).unwrap();
    assert!(events > 5, "{events} events");
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

/// Each state of a mail is said in its own words, and only a mail that is settled can be sent again.
#[tokio::test]
async fn every_state_of_a_mail_is_said_at_the_desk() {
    let world = World::new().await;
    let mailed = async |address: &str| {
        let mut body = advance_payment();
        body["emails"] = json!([address]);
        world.issued(&body).await;
        world.cloud.drained().await;
    };
    for address in [
        "keiri@example.jp",
        "bounce@simulator.amazonses.com",
        "complaint@simulator.amazonses.com",
    ] {
        mailed(address).await;
    }
    world.cloud.strike(Fault {
        function: None,
        operation: "SendRawEmail".into(),
        nth: 1,
        when: When::Before,
        kind: FaultKind::MailRefused,
    });
    mailed("refused@example.jp").await;
    world.cloud.poison("owed@example.jp");
    mailed("owed@example.jp").await;
    let browser = opened(&world, "/desk/mails").await;
    for (state, address, said) in [
        (
            "不達",
            "bounce@simulator.amazonses.com",
            "この宛先には届きません(宛先不明など)",
        ),
        (
            "迷惑メール申告",
            "complaint@simulator.amazonses.com",
            "報告 ",
        ),
        ("送信不可", "refused@example.jp", "MessageRejected"),
        ("送信待ち", "owed@example.jp", "―"),
        ("送信済み", "keiri@example.jp", "再送"),
    ] {
        browser.click(state).await;
        browser.see(address).await;
        let rows = browser
            .run("return [...document.querySelectorAll('tbody tr')].map((row) => row.innerText)")
            .await;
        let rows: Vec<_> = rows.as_array().unwrap().iter().map(text).collect();
        let [row] = rows.as_slice() else {
            panic!("{state}: {rows:?}");
        };
        for one in [state, address, said] {
            assert!(row.contains(one), "{one}: {row}");
        }
        assert_eq!(row.contains("再送"), state != "送信待ち", "{row}");
    }
    browser.close().await;
}
