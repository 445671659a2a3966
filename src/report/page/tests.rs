//! The page as a whole, without a browser.

use std::fs;
use std::path::Path;

use super::*;

const NAME: &str = "a <b>\"bold\"</b> & 'quoted' name";

/// A finished run's folder, as small as one can be: `rounds` rounds, of which the second is aborted, and `clients` clients.
fn folder(rounds: usize, clients: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, content: String| fs::write(folder.path().join(name), content).expect("written");
    let manifest = serde_json::json!({
        "fedsim": "0.1.0", "name": NAME, "identity": "1d", "data_sha256": "da7a", "train_rows": 16000, "train_positives": 160,
        "test_rows": 4000, "test_positives": 41, "features": 30, "clients": clients, "parameters": 31, "rounds": rounds,
        "state_digest": "d19e57", "files": {}
    });
    write("manifest.json", manifest.to_string());
    write("scenario.toml", "name = '</pre><script>alert(1)</script>'\nseed = 42\n[aggregation]\nkind = \"mean\"\n".to_owned());
    let outcome = |round| ["start", "completed", "aborted_masked_input", "completed"][round % 4];
    let row = |round| format!("{round},{},10,9,1,100,0.5,ab\n", outcome(round));
    let log: String = (0..=rounds).map(row).collect();
    write("round_log.csv", format!("round,outcome,selected,survivors,dropped,examples,update_norm,state_digest\n{log}"));
    write("metrics_log.csv", format!("round,loss,auc,cost\n0,0.7,,9.5\n1,0.25,0.875,7\n{rounds},0.5,0.75,8.25\n"));
    let perf: String = (1..=rounds).map(|round| format!("{round},0.5,0.5,0.1,0.1,0.1,2000,3000\n")).collect();
    write("perf_log.csv", format!("round,duration_s,cpu_time_s,train_s,aggregate_s,evaluate_s,upload_bytes,download_bytes\n{perf}"));
    let rows: String = (1..=clients).map(|client| format!("{client},1000,10,0.01\n")).collect();
    write("partition.csv", format!("client,examples,positives,positive_share\n{rows}"));
    let fates = "1,1,survived,1000,0.5,0.5,2000000,8\n1,2,dropped_masked_input,1000,0,0,0,8\n2,1,survived,1000,0.25,0.5,500000,8\n";
    write("client_perf.csv", format!("round,client,fate,examples,train_time_s,cpu_time_s,upload_bytes,download_bytes\n{fates}"));
    write("performance_summary.csv", "metric,value\nrounds,3\nwall_s,1.5\nupload_bytes,2500000\nclients_per_s,\n".to_owned());
    folder
}

fn page_of(folder: &Path) -> String {
    page(&Saved::in_folder(folder).expect("the folder"), &[]).expect("the page can be made")
}

/// The rows of a table's body.
fn rows<'a>(page: &'a str, table: &str) -> Vec<&'a str> {
    let body = page.split(&format!("<table id=\"{table}\"")).nth(1).and_then(|rest| rest.split("<tbody>").nth(1));
    let body = body.and_then(|rest| rest.split("</tbody>").next()).expect("the table is there");
    body.lines().filter(|line| line.starts_with("<tr")).collect()
}

#[test]
fn names_and_scenario_are_text_on_the_page() {
    let folder = folder(3, 2);
    let page = page_of(folder.path());
    assert!(page.contains("<h1>a &lt;b&gt;&quot;bold&quot;&lt;/b&gt; &amp; &#39;quoted&#39; name</h1>"), "{page}");
    assert!(!page.contains("alert(1)</script>") && page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_eq!(page.matches("<script").count(), 1, "the page's own alone");
}

#[test]
fn the_page_says_what_the_files_say() {
    let folder = folder(3, 2);
    let page = page_of(folder.path());
    for wanted in [
        "<p>2 clients, 3 rounds, mean aggregation, fedsim 0.1.0</p>",
        "<dt>AUC</dt><dd>0.7500<small>from undefined</small></dd>",
        "<dt>Best AUC</dt><dd>0.8750<small>in round 1</small></dd>",
        "<dt>Loss</dt><dd>0.5000<small>from 0.7000</small></dd>",
        "<dt>Cost per row</dt><dd>8.250<small>from 9.500</small></dd>",
        "<dt>Aborted rounds</dt><dd>1<small>of 3</small></dd>",
        "<dd>16,000, of them 160 positive (1.000%)</dd>",
        "<pre>fedsim run scenario.toml --out again\n",
        "<dd>d19e57</dd>",
        "<dd>1d</dd>",
        "<dd>da7a</dd>",
        "<td class=\"t\">Uploaded</td><td title=\"2500000 bytes\">2.500 MB</td>",
    ] {
        assert!(page.contains(wanted), "{wanted}\n{page}");
    }
    let rounds = rows(&page, "rounds");
    assert_eq!(rounds.len(), 4);
    let first = "<tr><td>0</td><td class=\"t\">start</td><td>10</td><td>9</td><td>1</td><td>100</td><td title=\"0.5\">0.5000</td>\
                 <td></td><td></td><td title=\"0.7\">0.7000</td><td></td><td title=\"9.5\">9.500</td></tr>";
    assert_eq!(rounds[0], first);
    // What an aborted round has that the others have not: a mark, for whom red is no colour.
    assert!(
        rounds[2].starts_with("<tr class=\"aborted\"><td>2</td>") && page.contains(".aborted .bad::before { content: "),
        "{}",
        rounds[2]
    );
    assert!(rounds[2].contains("<td class=\"t bad\">aborted in masked input</td>"), "{}", rounds[2]);
    // Two rounds of 0.5 s and 0.25 s; 2 MB and 0.5 MB.
    let ends = "<td>2</td><td>0</td><td title=\"0.375 s\">375.0 ms</td><td title=\"2500000 bytes\">2.500 MB</td><td title=\"16 bytes\">16 B</td></tr>";
    assert!(rows(&page, "clients")[0].ends_with(ends), "{}", rows(&page, "clients")[0]);
    for absent in ["id=\"comparison\"", "id=\"joining\"", "id=\"evenness\"", "id=\"secure\"", "id=\"pictures\""] {
        assert!(!page.contains(absent), "{absent}");
    }
}

#[test]
fn long_tables_are_cut_evenly_and_say_so() {
    let folder = folder(5000, 3000);
    let page = page_of(folder.path());
    let (rounds, clients) = (rows(&page, "rounds"), rows(&page, "clients"));
    assert_eq!((rounds.len(), clients.len()), (2000, 2000));
    assert!(rounds[0].starts_with("<tr><td>0</td>") && rounds[1999].starts_with("<tr><td>5,000</td>"));
    assert!(clients[0].starts_with("<tr><td>1</td>") && clients[1999].starts_with("<tr><td>3,000</td>"));
    assert!(page.contains("2,000 of 5,001 rounds are shown, evenly chosen; round_log.csv"), "{page}");
    assert!(page.contains("2,000 of 3,000 clients are shown, evenly chosen; partition.csv"));
}

#[test]
fn what_a_run_left_beside_has_its_own_part() {
    let folder = folder(3, 2);
    let write = |name: &str, content: &str| fs::write(folder.path().join(name), content).expect("written");
    write(
        "fairness.csv",
        "round,metric,clients,worst,p10,median,gini\n0,auc,2,0.5,0.5,0.5,0\n1,auc,2,0.6,0.6,0.7,0.1\n3,auc,2,0.7,0.75,0.8,0.05\n3,loss,2,0.3,0.2,0.1,0.05\n",
    );
    write(
        "baseline_vs_fl.csv",
        "metric,centralized,federated,local_mean,local_worst,difference,equivalent,seeds,p_value\npr_auc,0.9,0.89,0.8,0.7,-0.01,yes,,\n",
    );
    write(
        "join.csv",
        "client,examples,auc_alone,gain,verdict,rank,measured_on\n1,1000,0.7,0.05,gains,1,own\n2,1000,0.8,-0.01,cant_tell,2,test\n",
    );
    write(
        "secagg_summary.csv",
        "metric,colluders,value\nclients,,3\nclip_rate,,0\nmargin_least,,\ncollusion_is_safe,0,yes\nhonest_inputs_left,0,3\n\
         collusion_is_safe,1,yes\nhonest_inputs_left,1,2\ncollusion_is_safe,2,no\nhonest_inputs_left,2,1\n",
    );
    let page = page_of(folder.path());
    let fairness = rows(&page, "fairness");
    assert!(fairness.len() == 3 && fairness[0].starts_with("<tr><td>0</td><td class=\"t\">AUC</td>"), "{fairness:?}");
    assert_eq!(rows(&page, "baseline").len(), 1);
    assert!(rows(&page, "baseline")[0].starts_with("<tr><td class=\"t\">PR-AUC</td>") && !page.contains("p value"), "{page}");
    assert!(
        page.contains("1 of 2 clients are better off")
            && page.contains("of 1 nobody can tell")
            && page.contains("fedsim compare-baseline scenario.toml")
    );
    assert_eq!(rows(&page, "collusion")[2], "<tr><td>2</td><td class=\"t\">no</td><td>1</td></tr>");
    assert!(page.contains("as many as 1 clients tell the server all they know") && page.contains("from 2 on"), "{page}");
}

#[test]
fn a_broken_file_is_told_with_its_line_and_a_missing_one_by_name() {
    let failure = |name: &str, content: Option<&str>| {
        let folder = folder(3, 2);
        let path = folder.path().join(name);
        match content {
            Some(content) => fs::write(&path, content).expect("written"),
            None => fs::remove_file(&path).expect("removed"),
        }
        page(&Saved::in_folder(folder.path()).expect("the folder"), &[]).expect_err("it is broken").to_string()
    };
    for (name, content, wanted) in [
        ("metrics_log.csv", "round,auc\n0,0.5\n1,oops\n", "metrics_log.csv:3:3"),
        ("client_perf.csv", "round,client\n1,1\n", "client_perf.csv:1: the column `fate` is missing"),
        ("manifest.json", "{}", "manifest.json: missing field"),
        ("scenario.toml", "name = ", "scenario.toml: TOML parse error"),
    ] {
        let told = failure(name, Some(content));
        assert!(told.contains(wanted) && told.contains("run the scenario again"), "{told}");
    }
    assert!(failure("partition.csv", None).contains("partition.csv"));
}

#[test]
fn the_numbers_of_a_column_have_as_many_decimals_and_their_titles_tell_the_rest() {
    let folder = folder(3, 2);
    fs::write(folder.path().join("metrics_log.csv"), "round,loss,auc\n0,0.69314,0.5\n1,0.051234,1\n3,0.0087,0.75\n").expect("written");
    let page = page_of(folder.path());
    let rows = rows(&page, "rounds");
    for (row, cells) in [
        (0, "<td title=\"0.69314\">0.6931</td><td title=\"0.5\">0.5000</td></tr>"),
        (1, "<td title=\"0.051234\">0.0512</td><td title=\"1\">1.0000</td></tr>"),
        (3, "<td>0.0087</td><td title=\"0.75\">0.7500</td></tr>"),
    ] {
        assert!(rows[row].ends_with(cells), "{}", rows[row]);
    }
}

#[test]
fn a_comparison_is_reproduced_with_all_that_it_was_asked_for() {
    let folder = folder(3, 2);
    let path = folder.path().join("manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&fs::read(&path).expect("it is there")).expect("JSON");
    let mut again = |leave_one_out: bool, gate: &str| {
        manifest["comparison"] = serde_json::json!({
            "tolerance": 0.05, "seeds": 3, "leave_one_out": leave_one_out, "gate": gate, "metrics": ["auc", "loss"]
        });
        fs::write(&path, manifest.to_string()).expect("written");
        let page = page_of(folder.path());
        page.split("<pre>fedsim ").nth(1).and_then(|rest| rest.split('\n').next()).expect("a command").to_owned()
    };
    let command = "compare-baseline scenario.toml --tolerance 0.05 --gate non_inferiority --metrics auc,loss --seeds 3";
    assert_eq!(again(true, "non_inferiority"), format!("{command} --leave-one-out --out again"));
    assert_eq!(again(false, "non_inferiority"), format!("{command} --out again"));
}
