//! The leaflet's flow by clicks, for each of the three kinds: from the contractor's login to the orderer's
//! check. Every page on the way is inspected and left as a screenshot.

use serde_json::Value;
use tests::{World, advance_payment, contract_performance, interim_payment, pdf_text, text};

use crate::browser::Browser;

/// The demo contractor.
pub(crate) const CONTRACTOR: (&str, &str) = ("C-100001", "Contractor-100001");
/// The demo clerk.
pub(crate) const CLERK: (&str, &str) = ("G-000001", "Guarantor-000001");

/// Fills in the form as the body of an application says.
pub(crate) async fn fill_in(browser: &Browser, body: &Value) {
    browser.choose("/kind", &text(&body["kind"])).await;
    browser.choose("/delivery", &text(&body["delivery"])).await;
    browser
        .select("/orderer_code", &text(&body["orderer_code"]))
        .await;
    browser
        .choose("/contract/category", &text(&body["contract"]["category"]))
        .await;
    let electronic = body["delivery"] == "electronic";
    for pointer in [
        "/contract/title",
        "/contract/reference",
        "/contract/place",
        "/contract/original_contract_date",
        "/contract/price",
        "/contract/starts_on",
        "/contract/completes_on",
        "/guaranteed_amount",
        "/prior_advance/amount",
        "/prior_advance/received_on",
        "/progress_certified_on",
        "/contractor/name",
        "/contractor/representative",
        "/contractor/address",
        "/emails/0",
    ] {
        match body.pointer(pointer) {
            // Mails are part of electronic delivery, and nothing asks for addresses on paper.
            _ if pointer == "/emails/0" && !electronic => {}
            Some(Value::String(value)) => browser.fill(pointer, value).await,
            Some(value) => browser.fill(pointer, &value.to_string()).await,
            None => {}
        }
    }
    // On paper nothing has to be confirmed, and nothing asks for it.
    if electronic && body["general_conditions_confirmed"] == true {
        let label = browser.find(".conditions label").await;
        label.click().await.unwrap();
    }
}

/// Holds a printed page to one A4 with all these words.
pub(crate) fn one_sheet(pdf: &[u8], words: &[&str]) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pdf).unwrap();
    let read = std::process::Command::new("pdfinfo")
        .arg(file.path())
        .output()
        .unwrap();
    let facts = String::from_utf8(read.stdout).unwrap();
    let fact = |name: &str| {
        let line = facts.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_once(':').unwrap().1.trim().to_owned()
    };
    assert_eq!(fact("Pages"), "1", "{}", pdf_text(pdf));
    assert!(fact("Page size").contains("A4"), "{}", fact("Page size"));
    // In the order of the page: names that are spread over their column would be read as columns of letters.
    let read = std::process::Command::new("pdftotext")
        .args(["-raw", file.path().to_str().unwrap(), "-"])
        .output()
        .unwrap();
    let printed = String::from_utf8(read.stdout).unwrap();
    let printed: String = printed.split_whitespace().collect();
    for word in words {
        let word: String = word.split_whitespace().collect();
        assert!(printed.contains(&word), "the print lacks {word}: {printed}");
    }
}

/// Walks the whole flow. `only` are words that only this kind's certificate has.
async fn walk(name: &str, application: Value, concluded_on: &str, only: &[&str]) {
    let world = World::new().await;
    let browser = Browser::open(&world).await;
    let title = "市道鶴川線道路改良工事";

    // STEP 1: log in, and apply.
    browser.goto("/").await;
    browser.see("発注者の方").await;
    browser.inspect("top").await;
    browser.click("保証申込").await;
    browser.see("パスワード").await;
    browser.inspect("login").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.see("電子交付を希望する").await;
    fill_in(&browser, &application).await;
    browser
        .see("電子保証の対象: 当初契約日が令和7年(2025年)4月1日以降の契約")
        .await;
    browser.see("この内容で申し込めます。").await;
    browser.inspect(&format!("apply-{name}")).await;
    browser.click("この内容で申し込む").await;
    browser.see("申込を受け付けました。").await;
    browser.inspect(&format!("applied-{name}")).await;
    browser.click("申込の一覧").await;
    browser.see(title).await;
    browser.inspect("applications").await;
    browser.click("ログアウト").await;
    browser.see("発注者の方").await;

    // The guarantor concludes the guarantee contract and issues the certificate.
    browser.click("申込の一覧").await;
    browser.log_in(CLERK.0, CLERK.1).await;
    browser.see(title).await;
    browser.inspect("desk").await;
    browser.click(title).await;
    browser.see("保証契約の締結").await;
    browser.inspect(&format!("desk-application-{name}")).await;
    browser.fill("/concluded_on", concluded_on).await;
    browser.fill("/fee_paid_on", concluded_on).await;
    browser.click("保証契約を締結し発行する").await;
    browser.inspect("desk-issue-dialog").await;
    browser.click("締結して発行する").await;
    browser
        .see("保証契約を締結し、保証証書を発行しました。")
        .await;
    browser.inspect(&format!("desk-contract-{name}")).await;
    browser.click("ログアウト").await;
    browser.see("発注者の方").await;

    // STEP 2: the mail.
    world.cloud.drained().await;
    browser.goto("/mailbox").await;
    browser.see("電子証書・認証キー登録のお知らせ").await;
    browser.inspect("mailbox").await;

    // STEP 3: the list, the certificate, its print and its papers.
    browser.goto("/").await;
    browser.click("電子証書の確認はこちら").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.see("保証契約番号を選ぶと").await;
    browser.see(title).await;
    browser.inspect("certificates").await;
    let link = browser.find("td .code, td a.code").await;
    let number = link.text().await.unwrap();
    link.click().await.unwrap();
    browser.see("保証人").await;
    browser.inspect(&format!("certificate-{name}")).await;
    let mut words = vec![
        number.as_str(),
        "髙﨑建設株式会社",
        "代表取締役 髙﨑 一郎",
        "国東市長",
        title,
        "建第12号",
        "国東市国東町鶴川",
        "令和7年(2025年)4月10日",
        "令和8年(2026年)3月20日まで",
        "¥ 30,000,000",
        "国東市公共工事請負契約約款【R7.4.1以降】",
        "見本建設保証株式会社",
    ];
    words.extend(only);
    let print = browser.printed(&format!("certificate-{name}")).await;
    one_sheet(&print, &words);
    browser.click("保存(PDF)").await;
    assert!(pdf_text(&browser.downloaded().await).contains(&number));
    browser.click("お客様控え(PDF)").await;
    assert!(pdf_text(&browser.downloaded().await).contains("控"));
    browser.click("保証料計算書(PDF)").await;
    assert!(pdf_text(&browser.downloaded().await).contains("非課税"));

    // STEP 4: the key and its notice.
    browser.click("「認証キー」の表示").await;
    let key = browser.find("#key").await.text().await.unwrap();
    assert_eq!(key.len(), 29);
    browser.see("電子証書閲覧用「認証キー」等のお知らせ").await;
    browser.inspect("key").await;
    browser.click("認証キーをコピーする").await;
    browser.see("コピーしました。").await;
    browser.click("「認証キー」等のお知らせ(PDF)を開く").await;
    assert!(pdf_text(&browser.downloaded().await).contains(&key));

    // The orderer: as the QR of the notice has it.
    browser
        .goto(&format!("/verify#number={number}&key={key}"))
        .await;
    browser.see("電子証書を確認する").await;
    assert_eq!(
        browser.path().await,
        "/verify",
        "the fragment is gone at once"
    );
    browser.click("電子証書を確認する").await;
    browser.see("確認日時").await;
    browser.inspect(&format!("verified-{name}")).await;
    let print = browser.printed(&format!("verified-{name}")).await;
    words.push("確認日時");
    one_sheet(&print, &words);
    browser.click("保存(PDF)").await;
    assert!(pdf_text(&browser.downloaded().await).contains(&number));
    browser.close().await;
}

#[tokio::test]
async fn an_advance_payment_is_guaranteed_by_clicks() {
    walk(
        "advance",
        advance_payment(),
        "2025-04-14",
        &[
            "保証証書(前払金保証)",
            "前払金額",
            "金壱千弐百万円也",
            "¥ 12,000,000",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_interim_payment_is_guaranteed_by_clicks() {
    walk(
        "interim",
        interim_payment(),
        "2025-11-10",
        &[
            "保証証書(中間前払金保証)",
            "既受領前払金額",
            "累計",
            "¥ 18,000,000",
            "令和7年(2025年)11月1日",
        ],
    )
    .await;
}

#[tokio::test]
async fn the_performance_of_a_contract_is_guaranteed_by_clicks() {
    walk(
        "performance",
        contract_performance(),
        "2025-04-10",
        &[
            "保証証書(契約保証)",
            "保証割合",
            "請負代金額の10%",
            "金参百万円也",
        ],
    )
    .await;
}
