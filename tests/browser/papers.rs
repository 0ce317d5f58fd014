//! The papers in a real browser: what its tab is called, and what it calls the file that it saves.

use serde_json::{Value, json};
use tests::{World, advance_payment, text};

use crate::browser::Browser;

/// The papers of a contract: their names under `documents/`, their titles, and their names as files.
const PAPERS: [(&str, &str, &str); 3] = [
    ("certificate", "保証証書(前払金保証)", "保証証書"),
    (
        "customer-copy",
        "保証証書(前払金保証) お客様控え",
        "お客様控え",
    ),
    ("fee-statement", "保証料計算書", "保証料計算書"),
];
const NOTICE: (&str, &str) = (
    "電子証書閲覧用「認証キー」等のお知らせ",
    "認証キー等のお知らせ",
);

/// The address of each paper, good for a minute, with its title and its name as a file.
async fn papers(world: &World, number: &str) -> Vec<(String, &'static str, &'static str)> {
    let mut papers = Vec::new();
    for (document, title, name) in PAPERS {
        let path = format!("/api/certificates/{number}/documents/{document}");
        let address = world.get(&world.contractor, &path).await.json();
        papers.push((text(&address["url"]), title, name));
    }
    let key = world.show_key(number).await;
    papers.push((text(&key["key_notice"]["url"]), NOTICE.0, NOTICE.1));
    papers
}

/// What the tab of the one page is called.
async fn title_of_the_tab(browser: &Browser) -> String {
    let targets = browser.devtools("Target.getTargets", json!({})).await;
    let page = |target: &&Value| target["type"] == "page";
    let targets = targets["targetInfos"].as_array().unwrap();
    text(&targets.iter().find(page).unwrap()["title"])
}

#[tokio::test]
async fn a_paper_opens_under_its_title() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let browser = Browser::open_with_reader(&world).await;
    for (url, title, _) in papers(&world, &number).await {
        browser.client.goto(&url).await.unwrap();
        let mut shown = String::new();
        for _ in 0..200 {
            shown = title_of_the_tab(&browser).await;
            if shown == title {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(shown, title);
    }
    // No page of ours was open, so that there is nothing to hold to their rules.
    drop(browser);
    world.ends_well().await;
}

#[tokio::test]
async fn a_paper_is_saved_under_its_name() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let browser = Browser::open(&world).await;
    for (url, _, name) in papers(&world, &number).await {
        browser.client.goto(&url).await.unwrap();
        let (saved_as, paper) = browser.downloaded_file().await;
        assert_eq!(saved_as, format!("{name}_{number}.pdf"));
        assert_eq!(paper, world.fetch(&url).await.bytes);
    }
    browser.close().await;
    world.ends_well().await;
}
