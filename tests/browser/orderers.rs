//! The orderers' rules, edited at the desk: what is wrong stands beside its own field, and nobody's edit is
//! written over unseen.

use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use crate::browser::Browser;
use crate::desk::opened;

/// An orderer that takes paper only, without a way to hand over.
async fn enter(browser: &Browser, code: &str) {
    browser.fill("/code", code).await;
    browser.fill("/name", "千代田区").await;
    browser.fill("/recipient", "千代田区長").await;
    browser.fill("/source", "見本").await;
    browser.choose("/electronic", "no").await;
}

/// One more way to hand over, at this place.
async fn add_way(browser: &Browser, place: usize, how: &str) {
    browser.click("提出方法を追加する").await;
    let pointer = format!("/hand_over/{place}");
    browser
        .choose(&format!("{pointer}/kinds"), "advance_payment")
        .await;
    browser
        .choose(&format!("{pointer}/papers"), "key_notice")
        .await;
    browser.fill(&format!("{pointer}/how"), how).await;
}

async fn orderer(world: &World, code: &str) -> Value {
    let path = format!("/api/orderers/{code}");
    world.get(&world.anyone, &path).await.json()
}

/// Another clerk's edit of 国東市.
async fn edited_elsewhere(world: &World, recipient: &str) -> Value {
    let seen = world.get(&world.anyone, "/api/orderers/442143").await;
    let mut body = seen.json();
    body["recipient"] = json!(recipient);
    let edit = world
        .ask(&world.clerk, Method::PUT, "/api/desk/orderers/442143")
        .header("if-match", seen.header("etag"))
        .json(&body);
    assert_eq!(edit.send().await.status, 200);
    body
}

/// How the papers are handed over, as it stands in the form.
async fn ways(browser: &Browser) -> Value {
    browser
        .run("return [...document.querySelectorAll('.hand-over textarea')].map((how) => how.value)")
        .await
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
    browser.see("国東市の取扱い").await;
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
    browser.see("国東市の取扱いを保存しました。").await;
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
    browser
        .fill("/electronic/original_contracts_from", "2026-04-01")
        .await;
    browser
        .choose("/electronic/categories", "construction")
        .await;
    browser.fill("/limits/advance_construction", "35.5").await;
    add_way(&browser, 0, "持参してください。").await;
    browser.inspect("desk-orderer-new").await;
    browser.click("保存する").await;
    browser.see("千代田区の取扱いを保存しました。").await;
    let entered = world
        .get(&world.anyone, "/api/orderers/131016")
        .await
        .json();
    assert_eq!(entered["hand_over"][0]["how"], "持参してください。");
    assert_eq!(entered["limits"]["advance_construction"], 355_000);
    browser.close().await;
}

/// Who takes paper only has no electronic papers to be handed: the form neither asks for them nor keeps them.
#[tokio::test]
async fn an_orderer_that_takes_paper_only_is_asked_nothing_of_electronic_papers() {
    let world = World::new().await;
    let browser = opened(&world, "/desk/orderers/442143").await;
    browser.see("国東市の取扱い").await;
    let asked = "return ['/electronic/categories', '/general_conditions/construction', '/hand_over/0/how'] \
        .map((name) => document.querySelector(`[name=\"${name}\"]`).checkVisibility())";
    assert_eq!(browser.run(asked).await, json!([true, true, true]));
    browser.choose("/electronic", "no").await;
    assert_eq!(browser.run(asked).await, json!([false, false, false]));
    browser.inspect("desk-orderer-paper").await;
    browser.click("保存する").await;
    browser.see("国東市の取扱いを保存しました。").await;
    let kept = orderer(&world, "442143").await;
    for electronic in ["electronic", "general_conditions", "hand_over"] {
        assert_eq!(kept.get(electronic), None, "{electronic}");
    }
    assert_eq!(kept["recipient"], "国東市長");
    browser.close().await;
}

/// Ways to hand over are counted as they stand, and general conditions have a field for each category,
/// whichever of them are sent.
#[tokio::test]
async fn a_fault_of_a_rule_stands_beside_its_own_field() {
    let world = World::new().await;
    let browser = opened(&world, "/desk/orderers/new").await;
    enter(&browser, "131016").await;
    browser.choose("/electronic", "yes").await;
    browser
        .fill("/electronic/original_contracts_from", "2026-04-01")
        .await;
    browser.choose("/electronic/categories", "consulting").await;
    let long = "郵".repeat(501);
    for (place, how) in ["持参", "メール", &long].iter().enumerate() {
        add_way(&browser, place, how).await;
    }
    browser.click("この提出方法を削除する").await;
    let focused =
        "return document.activeElement.closest('fieldset').querySelector('legend').textContent";
    assert_eq!(browser.run(focused).await, "提出方法 1");
    add_way(&browser, 2, "窓口").await;
    let names = "const named = [...document.querySelectorAll('[id]')].map(({ id }) => id);\
        return named.filter((id, place) => named.indexOf(id) !== place)";
    assert_eq!(browser.run(names).await, json!([]), "an id names one thing");
    browser
        .fill("/general_conditions/consulting", &"約".repeat(101))
        .await;
    browser.click("保存する").await;
    assert!(browser.fault("/hand_over/1/how").await.contains("500文字"));
    assert!(
        browser
            .fault("/general_conditions/consulting")
            .await
            .contains("100文字")
    );
    let wrong = "return document.querySelectorAll('.wrong').length";
    assert_eq!(browser.run(wrong).await, 2);
    browser.fill("/hand_over/1/how", "郵送").await;
    browser
        .fill("/general_conditions/consulting", "業務委託契約約款")
        .await;
    browser.click("保存する").await;
    browser.see("千代田区の取扱いを保存しました。").await;
    let kept = orderer(&world, "131016").await;
    let ways: Vec<_> = kept["hand_over"].as_array().unwrap().iter().collect();
    let ways: Vec<_> = ways.iter().map(|way| &way["how"]).collect();
    assert_eq!(json!(ways), json!(["メール", "郵送", "窓口"]));
    assert_eq!(
        kept["general_conditions"],
        json!([{ "category": "consulting", "title": "業務委託契約約款" }])
    );
    browser.close().await;
}

/// Every fault at once, in the reader's words, and nothing is sent that could not be read.
#[tokio::test]
async fn what_a_rule_lacks_is_said_beside_every_field() {
    let world = World::new().await;
    let browser = opened(&world, "/desk/orderers/new").await;
    browser.fill("/limits/interim", "二割").await;
    browser.fill("/limits/advance_construction", "400%").await;
    browser.click("提出方法を追加する").await;
    browser.click("保存する").await;
    for (pointer, said) in [
        ("/code", "入力してください。"),
        ("/name", "入力してください。"),
        ("/recipient", "入力してください。"),
        ("/source", "入力してください。"),
        ("/electronic/original_contracts_from", "入力してください。"),
        ("/electronic/categories", "1つ以上選択してください。"),
        ("/limits/interim", "0%を超え100%以下の割合にしてください。"),
        (
            "/limits/advance_construction",
            "0%を超え100%以下の割合にしてください。",
        ),
        ("/hand_over/0/kinds", "1つ以上選択してください。"),
        ("/hand_over/0/papers", "1つ以上選択してください。"),
        ("/hand_over/0/how", "入力してください。"),
    ] {
        assert_eq!(browser.fault(pointer).await, said, "{pointer}");
    }
    browser.see("入力内容をご確認ください(11件)").await;
    assert!(browser.asked().await.is_empty(), "nothing was sent");
    browser.inspect("desk-orderer-empty").await;
    browser.fill("/code", "13101").await;
    browser.click("保存する").await;
    assert!(browser.fault("/code").await.contains("6桁の数字"));
    assert!(browser.asked().await.is_empty(), "nothing was sent");
    browser.close().await;
}

#[tokio::test]
async fn an_orderer_that_is_there_already_is_not_entered_again() {
    let world = World::new().await;
    let before = orderer(&world, "442143").await;
    let browser = opened(&world, "/desk/orderers/new").await;
    enter(&browser, "442143").await;
    browser.click("保存する").await;
    assert_eq!(
        browser.fault("/code").await,
        "この発注者コードはすでに登録されています。一覧から選んで編集してください。"
    );
    browser.fill("/code", "４５２０３３").await;
    browser.click("保存する").await;
    browser.find(".summary:not([hidden])").await;
    assert_eq!(orderer(&world, "442143").await, before);
    browser.close().await;
}

/// Who edits what another clerk has edited in between is told, and can see it.
#[tokio::test]
async fn an_edit_of_what_has_moved_offers_the_present_state() {
    let world = World::new().await;
    let browser = opened(&world, "/desk/orderers/442143").await;
    browser.see("国東市の取扱い").await;
    let theirs = edited_elsewhere(&world, "国東市教育長").await;
    browser.fill("/source", "聞き取り").await;
    browser.click("保存する").await;
    browser.find(".summary:not([hidden])").await;
    assert_eq!(orderer(&world, "442143").await, theirs);
    browser.inspect("desk-orderer-moved").await;
    browser.click("最新の内容を表示する").await;
    browser.find("[name=\"/recipient\"]").await;
    let begun = std::time::Instant::now();
    while browser.value("/recipient").await != "国東市教育長" {
        assert!(begun.elapsed().as_secs() < 20, "the form is not made anew");
    }
    browser.fill("/source", "聞き取り").await;
    browser.click("保存する").await;
    browser.see("国東市の取扱いを保存しました。").await;
    browser.close().await;
}

/// A switch changes words and nothing else: neither what is typed nor what the clerk has seen.
#[tokio::test]
async fn a_switch_of_the_language_keeps_the_form_and_what_it_was_made_from() {
    let world = World::new().await;
    let browser = opened(&world, "/desk/orderers/442143").await;
    browser.see("国東市の取扱い").await;
    browser.click("この提出方法を削除する").await;
    let left = ways(&browser).await.as_array().unwrap().len();
    add_way(&browser, left, "郵送").await;
    add_way(&browser, left + 1, "窓口").await;
    browser.fill("/name", "国東の市").await;
    let typed = ways(&browser).await;
    let theirs = edited_elsewhere(&world, "国東市教育長").await;
    for (language, title) in [("English", "Rule of 国東市"), ("日本語", "国東市の取扱い")]
    {
        browser.click(language).await;
        browser.see(title).await;
        assert_eq!(ways(&browser).await, typed);
        assert_eq!(browser.value("/name").await, "国東の市");
        assert!(browser.asked().await.is_empty(), "nothing is asked again");
    }
    let box_of_last = format!("/hand_over/{}/papers", left + 1);
    let ticked = format!("return document.querySelector('[name=\"{box_of_last}\"]').checked");
    assert_eq!(browser.run(&ticked).await, true);
    browser.click("保存する").await;
    browser.see("最新の内容を表示する").await;
    assert_eq!(orderer(&world, "442143").await, theirs);
    browser.close().await;
}
