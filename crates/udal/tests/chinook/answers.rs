//! What is known of the shop.

use std::collections::BTreeSet;

use serde_json::json;
use udal::{CreateRequest, DeleteRequest, ErrorKind, UpdateRequest};

use crate::shop::{Shop, sum, text};

pub(crate) async fn counts(shop: &Shop) {
    let known = [
        ("Artist", 275),
        ("Album", 347),
        ("Track", 3_503),
        ("Playlist", 18),
        ("Genre", 25),
        ("MediaType", 5),
        ("Employee", 8),
        ("Customer", 59),
        ("Invoice", 412),
        ("InvoiceLine", 2_240),
    ];
    for (model, count) in known {
        assert_eq!(shop.count(model, json!({})).await, count, "{model}");
    }
    let playlists = shop.all("Playlist", json!({}), "name").await;
    let entries: usize =
        playlists.iter().map(|list| list.value("tracks").map_or(0, |tracks| tracks.elements().len())).sum();
    assert_eq!(entries, 8_715);
}

pub(crate) async fn invoices(shop: &Shop) {
    let by_day = shop.all("Invoice", json!({}), "invoice_date").await;
    assert_eq!(by_day.len(), 412);
    assert_eq!(text_of_day(by_day.first()), "2009-01-01");
    assert_eq!(text_of_day(by_day.last()), "2013-12-22");
    assert_eq!(sum(&by_day, "total"), 232_860);
    let latest_first = shop.all("Invoice", json!({}), "-invoice_date").await;
    assert_eq!(text_of_day(latest_first.first()), "2013-12-22");

    let january = json!({"invoice_date": {"gte": "2009-01-01", "lt": "2009-02-01"}});
    let january = shop.all("Invoice", january, "-total").await;
    assert_eq!((january.len(), sum(&january, "total")), (6, 3_564));
    assert_eq!(sum(&shop.all("InvoiceLine", json!({}), "").await, "unit_price"), 232_860);
}

fn text_of_day(record: Option<&udal::record::Record>) -> String {
    record.unwrap().value("invoice_date").unwrap().to_json().as_str().unwrap().to_owned()
}

pub(crate) async fn countries(shop: &Shop) {
    for (country, count, total) in [
        ("USA", 91, 52_306),
        ("Canada", 56, 30_396),
        ("France", 35, 19_510),
        ("Brazil", 35, 19_010),
        ("Germany", 28, 15_648),
    ] {
        let found = shop.all("Invoice", json!({"billing_country": country}), "total,-invoice_date").await;
        assert_eq!((found.len(), sum(&found, "total")), (count, total), "{country}");
        assert_eq!(shop.count("Invoice", json!({"billing_country": country})).await, count as u64);
    }
}

/// From linked documents to tables: whom an employee supports, and what these bought.
pub(crate) async fn support_employees(shop: &Shop) {
    for (name, total) in [("Peacock", 83_304), ("Park", 77_540), ("Johnson", 72_016)] {
        let employee = shop.all("Employee", json!({"last_name": name}), "").await;
        let customers = shop.all("Customer", json!({"support_rep": employee[0].id()}), "last_name").await;
        let ids: Vec<&str> = customers.iter().map(|customer| customer.id()).collect();
        let invoices = shop.all("Invoice", json!({"customer": {"in": ids}}), "").await;
        assert_eq!(sum(&invoices, "total"), total, "{name}");
    }
}

/// From playlists along their links to artists.
pub(crate) async fn playlists(shop: &Shop) {
    let music = shop.all("Playlist", json!({"name": "Music"}), "").await;
    assert_eq!(music.len(), 2);
    for (name, artists) in [("Music", 198), ("90\u{92}s Music", 109), ("Classical", 67)] {
        let named = shop.all("Playlist", json!({"name": name}), "").await;
        assert!(!named.is_empty(), "{name}");
        for playlist in named {
            let tracks: Vec<_> =
                playlist.value("tracks").unwrap().elements().iter().map(|track| track.to_json()).collect();
            let tracks = shop.all("Track", json!({"id": {"in": tracks}}), "").await;
            let albums: BTreeSet<String> = tracks.iter().map(|track| text(track, "album")).collect();
            let albums = shop.all("Album", json!({"id": {"in": albums}}), "title").await;
            let found: BTreeSet<String> = albums.iter().map(|album| text(album, "artist")).collect();
            assert_eq!(found.len(), artists, "{name}");
        }
    }
}

pub(crate) async fn links_both_ways(shop: &Shop) {
    let artist = &shop.all("Artist", json!({"name": "AC/DC"}), "").await[0];
    let albums = shop.all("Album", json!({"artist": artist.id()}), "title").await;
    let titles: Vec<String> = albums.iter().map(|album| text(album, "title")).collect();
    assert_eq!(titles, ["For Those About To Rock We Salute You", "Let There Be Rock"]);
    assert_eq!(shop.count("Track", json!({"album": {"in": [albums[0].id(), albums[1].id()]}})).await, 18);
    let lists = shop.all("Playlist", json!({"tracks": {"has": "Track/1"}}), "").await;
    assert!(
        lists.iter().all(|list| list.value("tracks").unwrap().elements().iter().any(|t| t.as_str() == Some("Track/1")))
    );
    assert_eq!(lists.len(), 3);
    let manager = shop.count("Employee", json!({"reports_to": {"is_null": true}})).await;
    assert_eq!(manager, 1);
}

pub(crate) async fn links_are_kept(shop: &Shop) {
    let kept = shop.records("Artist").delete(&shop.ctx, DeleteRequest::new("Artist/1")).await.unwrap_err();
    assert_eq!(kept.kind(), ErrorKind::StillLinked);
    let album = json!({"title": "Lost", "artist": "Artist/9999"});
    let broken = shop.records("Album").create(&shop.ctx, CreateRequest::new(album)).await.unwrap_err();
    assert_eq!(broken.field_errors()[0].code, "broken_link");
    let moved = UpdateRequest::new("Invoice/1", json!({"invoice_date": "2013-07-01"}));
    let moved = shop.records("Invoice").update(&shop.ctx, moved).await.unwrap();
    assert_eq!(moved.version(), 2);
    let found = shop.records("Invoice").get(&shop.ctx, "Invoice/1").await.unwrap().unwrap();
    assert_eq!(found, moved);
}
