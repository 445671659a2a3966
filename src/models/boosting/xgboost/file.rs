//! XGBoost's JSON model, key by key (<https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html>): what `load_model` asks
//! for is written, what is not needed here is not read.

use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct File {
    pub(super) learner: Learner,
    pub(super) version: [u32; 3],
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Learner {
    pub(super) attributes: Attributes,
    #[serde(default)]
    pub(super) feature_names: Vec<String>,
    pub(super) gradient_booster: Booster,
    pub(super) learner_model_param: Shape,
    pub(super) objective: Objective,
}

/// Whatever else somebody wrote into the model, which is nobody's business.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Attributes {}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Booster {
    pub(super) model: Trees,
    pub(super) name: String,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Trees {
    pub(super) gbtree_model_param: TreeCounts,
    /// Of each tree its output.
    pub(super) tree_info: Vec<usize>,
    pub(super) trees: Vec<TreeFile>,
}

/// XGBoost writes these numbers as texts.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct TreeCounts {
    pub(super) num_parallel_tree: String,
    pub(super) num_trees: String,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Shape {
    pub(super) base_score: String,
    #[serde(default)]
    pub(super) boost_from_average: String,
    pub(super) num_class: String,
    pub(super) num_feature: String,
    #[serde(default = "one")]
    pub(super) num_target: String,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Objective {
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reg_loss_param: Option<RegLoss>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) softmax_multiclass_param: Option<Softmax>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct RegLoss {
    pub(super) scale_pos_weight: String,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Softmax {
    pub(super) num_class: String,
}

/// A tree: of each node a number in every list, in a leaf its value where other nodes have their cut.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct TreeFile {
    pub(super) base_weights: Vec<f32>,
    pub(super) categories: Vec<u32>,
    pub(super) categories_nodes: Vec<u32>,
    pub(super) categories_segments: Vec<u32>,
    pub(super) categories_sizes: Vec<u32>,
    pub(super) default_left: Vec<u8>,
    pub(super) id: usize,
    pub(super) left_children: Vec<i32>,
    pub(super) loss_changes: Vec<f32>,
    pub(super) parents: Vec<u32>,
    pub(super) right_children: Vec<i32>,
    pub(super) split_conditions: Vec<f32>,
    pub(super) split_indices: Vec<usize>,
    pub(super) split_type: Vec<u8>,
    pub(super) sum_hessian: Vec<f32>,
    pub(super) tree_param: TreeShape,
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct TreeShape {
    pub(super) num_deleted: String,
    pub(super) num_feature: String,
    pub(super) num_nodes: String,
    pub(super) size_leaf_vector: String,
}

/// What tells whether the rest can be read.
#[derive(Debug, Deserialize)]
pub(super) struct Kind {
    pub(super) learner: LearnerKind,
}

#[derive(Debug, Deserialize)]
pub(super) struct LearnerKind {
    pub(super) gradient_booster: Named,
    pub(super) objective: Named,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

/// The number 1 as XGBoost writes it.
pub(super) fn one() -> String {
    "1".to_owned()
}
