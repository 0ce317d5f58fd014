//! The application form: every refusal beside its field, nothing sent twice, nothing lost.

use serde_json::{Value, json};
use tests::{World, advance_payment, contract_performance, on_paper, text};

use crate::browser::Browser;
use crate::flow::{CONTRACTOR, fill_in};

/// The form, opened by the contractor.
async fn opened(world: &World) -> Browser {
    let browser = Browser::open(world).await;
    browser.goto("/contractor/apply").await;
    browser.click("ログイン").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.see("電子交付を希望する").await;
    browser
}

#[tokio::test]
async fn an_empty_form_names_every_field_and_the_summary_takes_the_focus() {
    let world = World::new().await;
    let browser = opened(&world).await;
    browser.click("この内容で申し込む").await;
    browser.see("入力内容をご確認ください(15件)").await;
    for (pointer, fault) in [
        ("/kind", "保証の種別を選択してください。"),
        ("/delivery", "保証証書の受取方法を選択してください。"),
        ("/orderer_code", "発注者を選択してください。"),
        ("/contract/title", "工事名・業務名を入力してください。"),
        ("/contract/category", "契約の区分を選択してください。"),
        (
            "/contract/original_contract_date",
            "当初契約日を入力してください。",
        ),
        ("/contract/price", "請負代金額を入力してください。"),
        ("/guaranteed_amount", "保証金額を入力してください。"),
        ("/contractor/name", "商号又は名称を入力してください。"),
        (
            "/emails/0",
            "お知らせを送るメールアドレスを入力してください。",
        ),
    ] {
        assert_eq!(browser.fault(pointer).await, fault);
    }
    let focused = browser.run("return document.activeElement.className").await;
    assert_eq!(focused, "summary");
    browser.inspect("apply-empty").await;
    browser
        .find(".summary li:nth-child(4) a")
        .await
        .click()
        .await
        .unwrap();
    let focused = browser.run("return document.activeElement.name").await;
    assert_eq!(
        focused, "/contract/title",
        "as the fields follow each other"
    );
    browser.close().await;
}

/// The refusals of the API, each seen beside the field that it is about.
#[tokio::test]
async fn each_refusal_stands_beside_its_field() {
    let world = World::new().await;
    let browser = opened(&world).await;
    fill_in(&browser, &advance_payment()).await;
    for (pointer, wrong, right, fault) in [
        (
            "/contract/original_contract_date",
            "2025-03-31",
            "2025-04-10",
            "4月1日",
        ),
        ("/contract/price", "三千万円", "30000000", "整数"),
        ("/guaranteed_amount", "12000001", "12000000", "12,000,000"),
        ("/guaranteed_amount", "0", "12,000,000円", "1円以上"),
        ("/contract/completes_on", "2025-04-01", "2026-03-20", "工期"),
        ("/contractor/name", "山田建設😀", "髙﨑建設株式会社", "😀"),
        ("/emails/0", "keiri", "keiri@example.jp", "メールアドレス"),
    ] {
        browser.fill(pointer, wrong).await;
        browser.click("この内容で申し込む").await;
        browser.find(".summary:not([hidden])").await;
        let said = browser.fault(pointer).await;
        assert!(said.contains(fault), "{pointer}: {said}");
        let control = browser.find(&format!("[name=\"{pointer}\"]")).await;
        assert_eq!(
            control.attr("aria-invalid").await.unwrap().as_deref(),
            Some("true")
        );
        browser.fill(pointer, right).await;
    }
    browser
        .find(".conditions label")
        .await
        .click()
        .await
        .unwrap();
    browser.click("この内容で申し込む").await;
    assert!(
        browser
            .fault("/general_conditions_confirmed")
            .await
            .contains("約款")
    );
    browser.select("/orderer_code", "999997").await;
    browser.see("見本町は電子保証に対応していません。").await;
    browser.click("この内容で申し込む").await;
    assert!(browser.fault("/delivery").await.contains("書面"));
    browser.inspect("apply-refused").await;
    let list = world
        .get(&world.contractor, "/api/applications")
        .await
        .json();
    assert_eq!(list["items"], json!([]), "nothing was stored");
    browser.close().await;
}

#[tokio::test]
async fn two_clicks_make_one_application_and_back_does_not_lead_to_the_form() {
    let world = World::new().await;
    let browser = opened(&world).await;
    browser.click("受注者メニュー").await;
    browser.see("申込の状態を確認できます。").await;
    browser.inspect("contractor").await;
    browser.click("保証申込").await;
    browser.see("電子交付を希望する").await;
    fill_in(&browser, &advance_payment()).await;
    let script = "const button = document.querySelector('form [type=submit]'); button.click(); button.click();";
    browser.step().await;
    browser.run(script).await;
    browser.see("申込を受け付けました。").await;
    browser.back().await;
    browser.see("申込の状態を確認できます。").await;
    let list = world
        .get(&world.contractor, "/api/applications")
        .await
        .json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    browser.forward().await;
    browser.see("申込の内容").await;
    browser.close().await;
}

#[tokio::test]
async fn what_was_sent_before_fills_the_next_form() {
    let world = World::new().await;
    world.apply(&advance_payment()).await;
    let browser = opened(&world).await;
    browser.see("過去の申込内容を利用する").await;
    browser.click("入力欄に反映する").await;
    browser.see("令和7年(2025年)4月10日").await;
    assert_eq!(browser.value("/contract/price").await, "30,000,000");
    assert_eq!(browser.value("/emails/0").await, "keiri@example.jp");
    let confirmed = browser
        .run("return document.getElementById('conditions').checked")
        .await;
    assert_eq!(confirmed, false, "a confirmation is given anew");
    browser.inspect("apply-reused").await;
    browser.close().await;
}

/// What a reload of the tab would lose elsewhere is still there.
#[tokio::test]
async fn a_reload_loses_nothing_typed() {
    let world = World::new().await;
    let browser = opened(&world).await;
    fill_in(&browser, &advance_payment()).await;
    browser.client.refresh().await.unwrap();
    browser.click("ログイン").await;
    browser.see("電子交付を希望する").await;
    let title = browser.value("/contract/title").await;
    assert_eq!(title, text(&advance_payment()["contract"]["title"]));
    browser.see("この内容で申し込めます。").await;
    browser.close().await;
}

/// What was taken over from an earlier application and changed since is not overwritten by it again.
#[tokio::test]
async fn a_reload_keeps_what_was_changed_after_taking_over_an_application() {
    let world = World::new().await;
    let application = world.apply(&advance_payment()).await;
    let browser = Browser::open(&world).await;
    browser
        .goto(&format!(
            "/contractor/apply?like={}",
            text(&application["id"])
        ))
        .await;
    browser.click("ログイン").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.see("電子交付を希望する").await;
    assert_eq!(
        browser.value("/contract/title").await,
        "市道鶴川線道路改良工事"
    );
    assert_eq!(browser.path().await, "/contractor/apply");
    browser
        .fill("/contract/title", "市道二号線道路改良工事")
        .await;
    browser.client.refresh().await.unwrap();
    browser.click("ログイン").await;
    browser.see("電子交付を希望する").await;
    assert_eq!(
        browser.value("/contract/title").await,
        "市道二号線道路改良工事"
    );
    assert_eq!(browser.value("/contract/price").await, "30,000,000");
    browser.close().await;
}

/// The answer to an application is lost after it was stored, and a letter is corrected before it is sent
/// again: only the contractor knows whether that is another application.
#[tokio::test]
async fn a_lost_answer_and_a_corrected_letter_leave_the_choice_to_the_contractor() {
    let world = World::new().await;
    let browser = opened(&world).await;
    fill_in(&browser, &advance_payment()).await;
    browser.lose_the_answer_to("/api/applications").await;
    browser.click("この内容で申し込む").await;
    browser.see("通信できませんでした。").await;
    browser
        .fill("/contract/title", "市道鶴川線道路改良工事(その1)")
        .await;
    browser.click("この内容で申し込む").await;
    browser
        .see("前に送信した内容で、申込を受け付けている可能性があります。")
        .await;
    browser
        .find(".summary a[href=\"/contractor/applications\"]")
        .await;
    browser.inspect("apply-perhaps-sent").await;
    let sent = async || {
        let list = world
            .get(&world.contractor, "/api/applications")
            .await
            .json();
        list["items"].as_array().unwrap().len()
    };
    assert_eq!(sent().await, 1);
    browser.click("この内容で申し込む").await;
    browser.see("申込を受け付けました。").await;
    assert_eq!(sent().await, 2);
    browser.close().await;
}

/// Whoever confirmed the use of one 約款 has not confirmed the use of another.
#[tokio::test]
async fn a_confirmation_is_for_the_general_conditions_that_it_names() {
    let world = World::new().await;
    let browser = opened(&world).await;
    fill_in(&browser, &advance_payment()).await;
    let confirmed = "return document.getElementById('conditions').checked";
    assert_eq!(browser.run(confirmed).await, true);
    browser.choose("/contract/category", "consulting").await;
    browser
        .see("「国東市土木設計業務等委託契約約款【R7.4.1以降】」を使用している")
        .await;
    assert_eq!(browser.run(confirmed).await, false);
    browser.choose("/contract/category", "construction").await;
    assert_eq!(browser.run(confirmed).await, false);
    browser
        .find(".conditions label")
        .await
        .click()
        .await
        .unwrap();
    browser
        .fill("/contract/title", "市道二号線道路改良工事")
        .await;
    assert_eq!(browser.run(confirmed).await, true, "nothing else asks anew");
    browser.close().await;
}

/// A 契約保証 comes with its contract: whoever applies later is told, and so is the desk.
#[tokio::test]
async fn a_contract_guarantee_after_the_contract_is_pointed_out() {
    let world = World::new().await;
    let browser = opened(&world).await;
    fill_in(&browser, &advance_payment()).await;
    browser.see("この内容で申し込めます。").await;
    let said = "return document.body.textContent.includes('当初契約日をすでに過ぎています。')";
    assert_eq!(browser.run(said).await, false);
    browser.choose("/kind", "contract_performance").await;
    browser.see("当初契約日をすでに過ぎています。").await;
    browser.inspect("apply-late").await;
    browser.click("この内容で申し込む").await;
    browser.see("申込を受け付けました。").await;
    browser.see("当初契約日をすでに過ぎています。").await;
    browser.close().await;
}

/// Addresses and the confirmation of the 約款 are part of electronic delivery: on paper they are neither
/// asked for nor sent, and are still there for whoever changes their mind.
#[tokio::test]
async fn on_paper_what_belongs_to_electronic_delivery_is_out_of_the_way() {
    let world = World::new().await;
    let browser = opened(&world).await;
    fill_in(&browser, &advance_payment()).await;
    browser.choose("/delivery", "paper").await;
    let shown = "return ['/emails/0', '/general_conditions_confirmed'].map((name) => \
        document.querySelector(`[name=\"${name}\"]`).checkVisibility())";
    assert_eq!(browser.run(shown).await, json!([false, false]));
    browser.choose("/delivery", "electronic").await;
    assert_eq!(browser.run(shown).await, json!([true, true]));
    assert_eq!(browser.value("/emails/0").await, "keiri@example.jp");
    browser.choose("/delivery", "paper").await;
    browser
        .run(
            "const real = window.fetch; window.fetch = (path, asked) => { \
                if (path === '/api/applications') window.sent = asked.body; \
                return real(path, asked); }",
        )
        .await;
    browser.click("この内容で申し込む").await;
    browser.see("申込を受け付けました。").await;
    let sent: Value =
        serde_json::from_str(&text(&browser.run("return window.sent").await)).unwrap();
    assert_eq!(sent["delivery"], "paper");
    assert_eq!(sent["emails"], json!([]));
    assert_eq!(sent.get("general_conditions_confirmed"), None);
    browser.close().await;
}

/// Fields that are left empty are not sent, so the API counts only the others.
#[tokio::test]
async fn a_wrong_address_is_marked_where_it_was_typed() {
    let world = World::new().await;
    let browser = opened(&world).await;
    fill_in(&browser, &advance_payment()).await;
    browser.click("メールアドレスを追加する").await;
    browser.fill("/emails/1", "keiri").await;
    browser.fill("/emails/0", "").await;
    browser.click("この内容で申し込む").await;
    browser.find(".summary:not([hidden])").await;
    assert!(browser.fault("/emails/1").await.contains("メールアドレス"));
    let marked = browser
        .run("return [...document.querySelectorAll('.wrong')].map((one) => one.dataset.pointer)")
        .await;
    assert_eq!(marked, json!(["/emails/1"]));
    browser.close().await;
}

#[tokio::test]
async fn an_application_on_paper_is_sent_and_withdrawn() {
    let world = World::new().await;
    let browser = opened(&world).await;
    fill_in(&browser, &on_paper(contract_performance())).await;
    browser.click("この内容で申し込む").await;
    browser.see("申込を受け付けました。").await;
    browser.click("申込を取り下げる").await;
    browser.see("取り消すことはできません。").await;
    browser.click("キャンセル").await;
    browser.click("申込を取り下げる").await;
    browser.see("取り消すことはできません。").await;
    browser.click("申込を取り下げる").await;
    browser.see("申込を取り下げました。").await;
    browser.inspect("withdrawn").await;
    browser.click("この内容で新しく申し込む").await;
    browser.see("電子交付を希望する").await;
    assert_eq!(browser.value("/guaranteed_amount").await, "3,000,000");
    browser.close().await;
}

/// A decision at the desk while the contractor still looks at the application.
#[tokio::test]
async fn what_has_moved_in_the_meantime_is_said() {
    let world = World::new().await;
    let application = world.apply(&advance_payment()).await;
    let browser = opened(&world).await;
    browser.click("申込の一覧").await;
    browser.click("市道鶴川線道路改良工事").await;
    browser.see("申込を取り下げる").await;
    world.issue(&application, &json!({})).await;
    browser.click("申込を取り下げる").await;
    browser.see("取り消すことはできません。").await;
    browser.click("申込を取り下げる").await;
    browser.find(".notice.bad").await;
    browser.inspect("stale").await;
    browser.click("最新の内容を表示する").await;
    browser.see("発行済み").await;
    browser.close().await;
}
