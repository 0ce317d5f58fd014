//! What each page and each step costs: questions to the API, and bytes before anything can be read. Beside
//! this, every step of every other test is held to two questions.

use serde_json::json;
use tests::{World, advance_payment, text};

use crate::browser::Browser;
use crate::flow::{CLERK, CONTRACTOR, fill_in};

/// Steps, each with what it asked.
#[derive(Default)]
struct Steps(Vec<(&'static str, usize)>);

impl Steps {
    /// Clicks, waits until the step has shown `done`, and notes what it asked.
    async fn click(&mut self, browser: &Browser, clicked: &'static str, done: &str) {
        browser.click(clicked).await;
        self.note(browser, clicked, done).await;
    }

    async fn note(&mut self, browser: &Browser, step: &'static str, done: &str) {
        browser.see(done).await;
        self.0.push((step, browser.asked().await.len()));
    }
}

#[tokio::test]
async fn no_step_of_a_contractor_asks_more_than_twice() {
    let world = World::new().await;
    world.apply(&advance_payment()).await;
    let number = world.issued(&advance_payment()).await;
    let browser = Browser::open(&world).await;
    let mut steps = Steps::default();
    browser.goto("/").await;
    steps.note(&browser, "/", "発注者の方").await;
    browser.click("保証申込").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    steps.note(&browser, "保証申込", "電子交付を希望する").await;
    steps
        .click(&browser, "入力欄に反映する", "令和7年(2025年)4月10日")
        .await;
    fill_in(&browser, &advance_payment()).await;
    steps
        .click(&browser, "この内容で申し込む", "申込を受け付けました。")
        .await;
    browser.click("申込を取り下げる").await;
    steps
        .click(&browser, "申込を取り下げる", "申込を取り下げました。")
        .await;
    steps
        .click(
            &browser,
            "この内容で新しく申し込む",
            "入力した内容は、送信するまで",
        )
        .await;
    steps.click(&browser, "申込の一覧", "申込日時").await;
    steps
        .click(&browser, "受注者メニュー", "申込の状態を確認できます。")
        .await;
    steps
        .click(&browser, "電子証書の確認はこちら", "保証契約番号を選ぶと")
        .await;
    browser.click(&number).await;
    steps.note(&browser, "保証契約番号", "保証人").await;
    browser.click("保存(PDF)").await;
    browser.downloaded().await;
    steps.note(&browser, "保存(PDF)", "保証人").await;
    steps
        .click(
            &browser,
            "「認証キー」の表示",
            "このお知らせを発注者へご提出ください。",
        )
        .await;
    browser.click("「認証キー」等のお知らせ(PDF)を開く").await;
    browser.downloaded().await;
    steps
        .note(&browser, "お知らせ(PDF)", "認証キーの再発行")
        .await;
    browser.click("認証キーを再発行する").await;
    steps
        .click(
            &browser,
            "認証キーを再発行する",
            "認証キーを再発行しました。",
        )
        .await;
    assert_eq!(
        steps.0,
        [
            ("/", 0),
            ("保証申込", 2),
            ("入力欄に反映する", 1),
            ("この内容で申し込む", 2),
            ("申込を取り下げる", 2),
            ("この内容で新しく申し込む", 2),
            ("申込の一覧", 1),
            ("受注者メニュー", 0),
            ("電子証書の確認はこちら", 1),
            ("保証契約番号", 1),
            ("保存(PDF)", 1),
            ("「認証キー」の表示", 1),
            ("お知らせ(PDF)", 1),
            ("認証キーを再発行する", 2),
        ]
    );
    browser.close().await;
}

#[tokio::test]
async fn no_step_at_the_desk_asks_more_than_twice() {
    let world = World::new().await;
    world.apply(&advance_payment()).await;
    let mut other = advance_payment();
    other["contract"]["title"] = json!("市道二号線道路改良工事");
    world.apply(&other).await;
    let browser = Browser::open(&world).await;
    let mut steps = Steps::default();
    browser.goto("/desk").await;
    browser.click("ログイン").await;
    browser.log_in(CLERK.0, CLERK.1).await;
    steps
        .note(&browser, "申込の一覧", "市道鶴川線道路改良工事")
        .await;
    steps
        .click(&browser, "市道鶴川線道路改良工事", "保証契約の締結")
        .await;
    browser.click("保証契約を締結し発行する").await;
    steps
        .click(
            &browser,
            "締結して発行する",
            "保証契約を締結し、保証証書を発行しました。",
        )
        .await;
    steps.click(&browser, "記録を表示する", "操作の記録").await;
    browser.click("お客様控え(PDF)").await;
    browser.downloaded().await;
    steps.note(&browser, "お客様控え(PDF)", "操作の記録").await;
    world.cloud.drained().await;
    steps.click(&browser, "お知らせメール", "送信不可").await;
    steps.click(&browser, "送信済み", "keiri@example.jp").await;
    browser.click("再送").await;
    steps
        .click(&browser, "再送", "再送を受け付けました。")
        .await;
    steps
        .click(&browser, "申込の一覧", "市道二号線道路改良工事")
        .await;
    steps
        .click(&browser, "市道二号線道路改良工事", "申込の謝絶")
        .await;
    browser
        .fill("/reason", "書類が整っていないためです。")
        .await;
    browser.click("謝絶する").await;
    steps
        .click(&browser, "謝絶する", "申込を謝絶しました。")
        .await;
    steps.click(&browser, "発注者の取扱い", "国東市").await;
    steps.click(&browser, "国東市", "国東市の取扱い").await;
    steps
        .click(&browser, "保存する", "国東市の取扱いを保存しました。")
        .await;
    assert_eq!(
        steps.0,
        [
            ("申込の一覧", 1),
            ("市道鶴川線道路改良工事", 1),
            ("締結して発行する", 2),
            ("記録を表示する", 1),
            ("お客様控え(PDF)", 1),
            ("お知らせメール", 1),
            ("送信済み", 1),
            ("再送", 2),
            ("申込の一覧", 1),
            ("市道二号線道路改良工事", 1),
            ("謝絶する", 2),
            ("発注者の取扱い", 1),
            ("国東市", 1),
            ("保存する", 2),
        ]
    );
    browser.close().await;
}

#[tokio::test]
async fn no_step_of_an_orderer_asks_more_than_once() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    let browser = Browser::open(&world).await;
    let mut steps = Steps::default();
    browser
        .goto(&format!("/verify#number={number}&key={key}"))
        .await;
    steps
        .note(&browser, "/verify", "お知らせが手元にないときは")
        .await;
    steps
        .click(&browser, "電子証書を確認する", "確認日時")
        .await;
    browser.click("保存(PDF)").await;
    browser.downloaded().await;
    steps.note(&browser, "保存(PDF)", "確認日時").await;
    assert_eq!(
        steps.0,
        [("/verify", 0), ("電子証書を確認する", 1), ("保存(PDF)", 1)]
    );
    browser.close().await;
}

/// A page can be used after two turns: itself, and all its files at once. Nothing that it needs is found
/// only when a file of it has come, and all of it together is at most 60 KB.
#[tokio::test]
async fn a_page_can_be_used_after_two_turns_and_60_kilobytes() {
    let world = World::new().await;
    let browser = Browser::open(&world).await;
    let html = world.get(&world.anyone, "/verify").await.text();
    browser.goto("/verify").await;
    browser.see("電子証書を確認する").await;
    let script = "return performance.getEntriesByType('resource').map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize])";
    let fetched = browser.run(script).await;
    let fetched = fetched.as_array().unwrap();
    let mut bytes = 0;
    for file in fetched {
        let path = text(&file[0]);
        assert!(html.contains(&format!("\"{path}\"")), "{path} comes later");
        bytes += file[1].as_u64().unwrap();
    }
    assert!(fetched.len() >= 15 && bytes > 10_000, "{fetched:?}");
    assert!(bytes <= 60 * 1024, "{bytes} bytes");
    browser.close().await;
}
