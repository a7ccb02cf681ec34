//! The fields of `GraphDef` and `RunMetadata` and of the messages in them, as TensorBoard 2.21 knows them: number, name,
//! and what stands there. What is not listed is not printed.

use super::text::Field::{self, Bool, Bytes, Double, Enum, Fixed64, Float, Int, Message, Text, Unsigned};

/// A message's fields, by number.
pub type Schema = &'static [(u32, &'static str, Field)];

pub(super) static ALLOCATION_DESCRIPTION: Schema = &[
    (1, "requested_bytes", Int),
    (2, "allocated_bytes", Int),
    (3, "allocator_name", Text),
    (4, "allocation_id", Int),
    (5, "has_single_reference", Bool),
    (6, "ptr", Unsigned),
];

pub(super) static ALLOCATION_RECORD: Schema = &[(1, "alloc_micros", Int), (2, "alloc_bytes", Int)];

pub(super) static ALLOCATOR_MEMORY_USED: Schema = &[
    (1, "allocator_name", Text),
    (2, "total_bytes", Int),
    (3, "peak_bytes", Int),
    (4, "live_bytes", Int),
    (5, "allocator_bytes_in_use", Int),
    (6, "allocation_records", Message(&ALLOCATION_RECORD)),
];

pub(super) static ATTR_VALUE: Schema = &[
    (1, "list", Message(&ATTR_VALUE_LIST_VALUE)),
    (2, "s", Bytes),
    (3, "i", Int),
    (4, "f", Float),
    (5, "b", Bool),
    (6, "type", Enum(DATA_TYPE)),
    (7, "shape", Message(&TENSOR_SHAPE_PROTO)),
    (8, "tensor", Message(&TENSOR_PROTO)),
    (9, "placeholder", Text),
    (10, "func", Message(&NAME_ATTR_LIST)),
];

pub(super) static ATTR_VALUE_LIST_VALUE: Schema = &[
    (2, "s", Bytes),
    (3, "i", Int),
    (4, "f", Float),
    (5, "b", Bool),
    (6, "type", Enum(DATA_TYPE)),
    (7, "shape", Message(&TENSOR_SHAPE_PROTO)),
    (8, "tensor", Message(&TENSOR_PROTO)),
    (9, "func", Message(&NAME_ATTR_LIST)),
];

pub(super) static COST_GRAPH_DEF: Schema = &[
    (1, "node", Message(&COST_GRAPH_DEF_NODE)),
    (2, "cost", Message(&COST_GRAPH_DEF_AGGREGATED_COST)),
];

pub(super) static COST_GRAPH_DEF_AGGREGATED_COST: Schema = &[(1, "cost", Float), (2, "dimension", Text)];

pub(super) static COST_GRAPH_DEF_NODE: Schema = &[
    (1, "name", Text),
    (2, "device", Text),
    (3, "id", Int),
    (4, "input_info", Message(&COST_GRAPH_DEF_NODE_INPUT_INFO)),
    (5, "output_info", Message(&COST_GRAPH_DEF_NODE_OUTPUT_INFO)),
    (6, "temporary_memory_size", Int),
    (7, "is_final", Bool),
    (8, "control_input", Int),
    (9, "compute_cost", Int),
    (10, "host_temp_memory_size", Int),
    (11, "device_temp_memory_size", Int),
    (12, "persistent_memory_size", Int),
    (14, "compute_time", Int),
    (15, "memory_time", Int),
    (16, "device_persistent_memory_size", Int),
    (17, "inaccurate", Bool),
];

pub(super) static COST_GRAPH_DEF_NODE_INPUT_INFO: Schema = &[(1, "preceding_node", Int), (2, "preceding_port", Int)];

pub(super) static COST_GRAPH_DEF_NODE_OUTPUT_INFO: Schema = &[
    (1, "size", Int),
    (2, "alias_input_port", Int),
    (3, "shape", Message(&TENSOR_SHAPE_PROTO)),
    (4, "dtype", Enum(DATA_TYPE)),
];

pub(super) static DEVICE_STEP_STATS: Schema = &[
    (1, "device", Text),
    (2, "node_stats", Message(&NODE_EXEC_STATS)),
    (3, "thread_names", Message(&DEVICE_STEP_STATS_THREAD_NAMES_ENTRY)),
];

pub(super) static DEVICE_STEP_STATS_THREAD_NAMES_ENTRY: Schema = &[(1, "key", Unsigned), (2, "value", Text)];

pub(super) static FULL_TYPE_DEF: Schema = &[
    (1, "type_id", Enum(FULL_TYPE_ID)),
    (2, "args", Message(&FULL_TYPE_DEF)),
    (3, "s", Text),
    (4, "i", Int),
];

pub(super) static FUNCTION_DEF: Schema = &[
    (1, "signature", Message(&OP_DEF)),
    (3, "node_def", Message(&NODE_DEF)),
    (4, "ret", Message(&FUNCTION_DEF_RET_ENTRY)),
    (5, "attr", Message(&FUNCTION_DEF_ATTR_ENTRY)),
    (6, "control_ret", Message(&FUNCTION_DEF_CONTROL_RET_ENTRY)),
    (7, "arg_attr", Message(&FUNCTION_DEF_ARG_ATTR_ENTRY)),
    (
        8,
        "resource_arg_unique_id",
        Message(&FUNCTION_DEF_RESOURCE_ARG_UNIQUE_ID_ENTRY),
    ),
];

pub(super) static FUNCTION_DEF_ARG_ATTR_ENTRY: Schema =
    &[(1, "key", Unsigned), (2, "value", Message(&FUNCTION_DEF_ARG_ATTRS))];

pub(super) static FUNCTION_DEF_ARG_ATTRS: Schema = &[(1, "attr", Message(&FUNCTION_DEF_ARG_ATTRS_ATTR_ENTRY))];

pub(super) static FUNCTION_DEF_ARG_ATTRS_ATTR_ENTRY: Schema = &[(1, "key", Text), (2, "value", Message(&ATTR_VALUE))];

pub(super) static FUNCTION_DEF_ATTR_ENTRY: Schema = &[(1, "key", Text), (2, "value", Message(&ATTR_VALUE))];

pub(super) static FUNCTION_DEF_CONTROL_RET_ENTRY: Schema = &[(1, "key", Text), (2, "value", Text)];

pub(super) static FUNCTION_DEF_RESOURCE_ARG_UNIQUE_ID_ENTRY: Schema = &[(1, "key", Unsigned), (2, "value", Unsigned)];

pub(super) static FUNCTION_DEF_RET_ENTRY: Schema = &[(1, "key", Text), (2, "value", Text)];

pub(super) static FUNCTION_DEF_LIBRARY: Schema = &[
    (1, "function", Message(&FUNCTION_DEF)),
    (2, "gradient", Message(&GRADIENT_DEF)),
    (3, "registered_gradients", Message(&REGISTERED_GRADIENT)),
];

pub(super) static GRADIENT_DEF: Schema = &[(1, "function_name", Text), (2, "gradient_func", Text)];

pub(super) static GRAPH_DEBUG_INFO: Schema = &[
    (1, "files", Text),
    (2, "traces", Message(&GRAPH_DEBUG_INFO_TRACES_ENTRY)),
    (4, "frames_by_id", Message(&GRAPH_DEBUG_INFO_FRAMES_BY_ID_ENTRY)),
    (5, "name_to_trace_id", Message(&GRAPH_DEBUG_INFO_NAME_TO_TRACE_ID_ENTRY)),
    (6, "traces_by_id", Message(&GRAPH_DEBUG_INFO_TRACES_BY_ID_ENTRY)),
];

pub(super) static GRAPH_DEBUG_INFO_FILE_LINE_COL: Schema = &[
    (1, "file_index", Int),
    (2, "line", Int),
    (3, "col", Int),
    (4, "func", Text),
    (5, "code", Text),
];

pub(super) static GRAPH_DEBUG_INFO_FRAMES_BY_ID_ENTRY: Schema = &[
    (1, "key", Fixed64),
    (2, "value", Message(&GRAPH_DEBUG_INFO_FILE_LINE_COL)),
];

pub(super) static GRAPH_DEBUG_INFO_NAME_TO_TRACE_ID_ENTRY: Schema = &[(1, "key", Text), (2, "value", Fixed64)];

pub(super) static GRAPH_DEBUG_INFO_STACK_TRACE: Schema = &[
    (1, "file_line_cols", Message(&GRAPH_DEBUG_INFO_FILE_LINE_COL)),
    (2, "frame_id", Fixed64),
];

pub(super) static GRAPH_DEBUG_INFO_TRACES_BY_ID_ENTRY: Schema = &[
    (1, "key", Fixed64),
    (2, "value", Message(&GRAPH_DEBUG_INFO_STACK_TRACE)),
];

pub(super) static GRAPH_DEBUG_INFO_TRACES_ENTRY: Schema =
    &[(1, "key", Text), (2, "value", Message(&GRAPH_DEBUG_INFO_STACK_TRACE))];

pub(super) static GRAPH_DEF: Schema = &[
    (1, "node", Message(&NODE_DEF)),
    (2, "library", Message(&FUNCTION_DEF_LIBRARY)),
    (3, "version", Int),
    (4, "versions", Message(&VERSION_DEF)),
    (5, "debug_info", Message(&GRAPH_DEBUG_INFO)),
];

pub(super) static MEMORY_STATS: Schema = &[
    (1, "temp_memory_size", Int),
    (2, "device_temp_memory_size", Int),
    (3, "persistent_memory_size", Int),
    (4, "device_persistent_memory_size", Int),
    (5, "persistent_tensor_alloc_ids", Int),
    (6, "device_persistent_tensor_alloc_ids", Int),
];

pub(super) static NAME_ATTR_LIST: Schema = &[(1, "name", Text), (2, "attr", Message(&NAME_ATTR_LIST_ATTR_ENTRY))];

pub(super) static NAME_ATTR_LIST_ATTR_ENTRY: Schema = &[(1, "key", Text), (2, "value", Message(&ATTR_VALUE))];

pub(super) static NODE_DEF: Schema = &[
    (1, "name", Text),
    (2, "op", Text),
    (3, "input", Text),
    (4, "device", Text),
    (5, "attr", Message(&NODE_DEF_ATTR_ENTRY)),
    (6, "experimental_debug_info", Message(&NODE_DEF_EXPERIMENTAL_DEBUG_INFO)),
    (7, "experimental_type", Message(&FULL_TYPE_DEF)),
];

pub(super) static NODE_DEF_ATTR_ENTRY: Schema = &[(1, "key", Text), (2, "value", Message(&ATTR_VALUE))];

pub(super) static NODE_DEF_EXPERIMENTAL_DEBUG_INFO: Schema =
    &[(1, "original_node_names", Text), (2, "original_func_names", Text)];

pub(super) static NODE_EXEC_STATS: Schema = &[
    (1, "node_name", Text),
    (2, "all_start_micros", Int),
    (3, "op_start_rel_micros", Int),
    (4, "op_end_rel_micros", Int),
    (5, "all_end_rel_micros", Int),
    (6, "memory", Message(&ALLOCATOR_MEMORY_USED)),
    (7, "output", Message(&NODE_OUTPUT)),
    (8, "timeline_label", Text),
    (9, "scheduled_micros", Int),
    (10, "thread_id", Unsigned),
    (11, "referenced_tensor", Message(&ALLOCATION_DESCRIPTION)),
    (12, "memory_stats", Message(&MEMORY_STATS)),
    (13, "all_start_nanos", Int),
    (14, "op_start_rel_nanos", Int),
    (15, "op_end_rel_nanos", Int),
    (16, "all_end_rel_nanos", Int),
    (17, "scheduled_nanos", Int),
];

pub(super) static NODE_OUTPUT: Schema = &[
    (1, "slot", Int),
    (3, "tensor_description", Message(&TENSOR_DESCRIPTION)),
];

pub(super) static OP_DEF: Schema = &[
    (1, "name", Text),
    (2, "input_arg", Message(&OP_DEF_ARG_DEF)),
    (3, "output_arg", Message(&OP_DEF_ARG_DEF)),
    (4, "attr", Message(&OP_DEF_ATTR_DEF)),
    (5, "summary", Text),
    (6, "description", Text),
    (8, "deprecation", Message(&OP_DEPRECATION)),
    (16, "is_aggregate", Bool),
    (17, "is_stateful", Bool),
    (18, "is_commutative", Bool),
    (19, "allows_uninitialized_input", Bool),
    (20, "control_output", Text),
    (21, "is_distributed_communication", Bool),
];

pub(super) static OP_DEF_ARG_DEF: Schema = &[
    (1, "name", Text),
    (2, "description", Text),
    (3, "type", Enum(DATA_TYPE)),
    (4, "type_attr", Text),
    (5, "number_attr", Text),
    (6, "type_list_attr", Text),
    (7, "handle_data", Message(&RESOURCE_HANDLE_PROTO_DTYPE_AND_SHAPE)),
    (16, "is_ref", Bool),
    (17, "experimental_full_type", Message(&FULL_TYPE_DEF)),
];

pub(super) static OP_DEF_ATTR_DEF: Schema = &[
    (1, "name", Text),
    (2, "type", Text),
    (3, "default_value", Message(&ATTR_VALUE)),
    (4, "description", Text),
    (5, "has_minimum", Bool),
    (6, "minimum", Int),
    (7, "allowed_values", Message(&ATTR_VALUE)),
];

pub(super) static OP_DEPRECATION: Schema = &[(1, "version", Int), (2, "explanation", Text)];

pub(super) static REGISTERED_GRADIENT: Schema = &[(1, "gradient_func", Text), (2, "registered_op_type", Text)];

pub(super) static RESOURCE_HANDLE_PROTO: Schema = &[
    (1, "device", Text),
    (2, "container", Text),
    (3, "name", Text),
    (4, "hash_code", Unsigned),
    (5, "maybe_type_name", Text),
    (6, "dtypes_and_shapes", Message(&RESOURCE_HANDLE_PROTO_DTYPE_AND_SHAPE)),
];

pub(super) static RESOURCE_HANDLE_PROTO_DTYPE_AND_SHAPE: Schema = &[
    (1, "dtype", Enum(DATA_TYPE)),
    (2, "shape", Message(&TENSOR_SHAPE_PROTO)),
];

pub(super) static RUN_METADATA: Schema = &[
    (1, "step_stats", Message(&STEP_STATS)),
    (2, "cost_graph", Message(&COST_GRAPH_DEF)),
    (3, "partition_graphs", Message(&GRAPH_DEF)),
    (4, "function_graphs", Message(&RUN_METADATA_FUNCTION_GRAPHS)),
    (5, "session_metadata", Message(&SESSION_METADATA)),
];

pub(super) static RUN_METADATA_FUNCTION_GRAPHS: Schema = &[
    (1, "partition_graphs", Message(&GRAPH_DEF)),
    (2, "pre_optimization_graph", Message(&GRAPH_DEF)),
    (3, "post_optimization_graph", Message(&GRAPH_DEF)),
];

pub(super) static SESSION_METADATA: Schema = &[(1, "name", Text), (2, "version", Int)];

pub(super) static STEP_STATS: Schema = &[(1, "dev_stats", Message(&DEVICE_STEP_STATS))];

pub(super) static TENSOR_DESCRIPTION: Schema = &[
    (1, "dtype", Enum(DATA_TYPE)),
    (2, "shape", Message(&TENSOR_SHAPE_PROTO)),
    (4, "allocation_description", Message(&ALLOCATION_DESCRIPTION)),
];

pub(super) static TENSOR_PROTO: Schema = &[
    (1, "dtype", Enum(DATA_TYPE)),
    (2, "tensor_shape", Message(&TENSOR_SHAPE_PROTO)),
    (3, "version_number", Int),
    (4, "tensor_content", Bytes),
    (5, "float_val", Float),
    (6, "double_val", Double),
    (7, "int_val", Int),
    (8, "string_val", Bytes),
    (9, "scomplex_val", Float),
    (10, "int64_val", Int),
    (11, "bool_val", Bool),
    (12, "dcomplex_val", Double),
    (13, "half_val", Int),
    (14, "resource_handle_val", Message(&RESOURCE_HANDLE_PROTO)),
    (15, "variant_val", Message(&VARIANT_TENSOR_DATA_PROTO)),
    (16, "uint32_val", Unsigned),
    (17, "uint64_val", Unsigned),
    (18, "float8_val", Bytes),
];

pub(super) static TENSOR_SHAPE_PROTO: Schema =
    &[(2, "dim", Message(&TENSOR_SHAPE_PROTO_DIM)), (3, "unknown_rank", Bool)];

pub(super) static TENSOR_SHAPE_PROTO_DIM: Schema = &[(1, "size", Int), (2, "name", Text)];

pub(super) static VARIANT_TENSOR_DATA_PROTO: Schema = &[
    (1, "type_name", Text),
    (2, "metadata", Bytes),
    (3, "tensors", Message(&TENSOR_PROTO)),
];

pub(super) static VERSION_DEF: Schema = &[
    (1, "producer", Int),
    (2, "min_consumer", Int),
    (3, "bad_consumers", Int),
];

static DATA_TYPE: &[(i64, &str)] = &[
    (0, "DT_INVALID"),
    (1, "DT_FLOAT"),
    (2, "DT_DOUBLE"),
    (3, "DT_INT32"),
    (4, "DT_UINT8"),
    (5, "DT_INT16"),
    (6, "DT_INT8"),
    (7, "DT_STRING"),
    (8, "DT_COMPLEX64"),
    (9, "DT_INT64"),
    (10, "DT_BOOL"),
    (11, "DT_QINT8"),
    (12, "DT_QUINT8"),
    (13, "DT_QINT32"),
    (14, "DT_BFLOAT16"),
    (15, "DT_QINT16"),
    (16, "DT_QUINT16"),
    (17, "DT_UINT16"),
    (18, "DT_COMPLEX128"),
    (19, "DT_HALF"),
    (20, "DT_RESOURCE"),
    (21, "DT_VARIANT"),
    (22, "DT_UINT32"),
    (23, "DT_UINT64"),
    (24, "DT_FLOAT8_E5M2"),
    (25, "DT_FLOAT8_E4M3FN"),
    (26, "DT_FLOAT8_E4M3FNUZ"),
    (27, "DT_FLOAT8_E4M3B11FNUZ"),
    (28, "DT_FLOAT8_E5M2FNUZ"),
    (29, "DT_INT4"),
    (30, "DT_UINT4"),
    (31, "DT_INT2"),
    (32, "DT_UINT2"),
    (33, "DT_FLOAT4_E2M1FN"),
    (101, "DT_FLOAT_REF"),
    (102, "DT_DOUBLE_REF"),
    (103, "DT_INT32_REF"),
    (104, "DT_UINT8_REF"),
    (105, "DT_INT16_REF"),
    (106, "DT_INT8_REF"),
    (107, "DT_STRING_REF"),
    (108, "DT_COMPLEX64_REF"),
    (109, "DT_INT64_REF"),
    (110, "DT_BOOL_REF"),
    (111, "DT_QINT8_REF"),
    (112, "DT_QUINT8_REF"),
    (113, "DT_QINT32_REF"),
    (114, "DT_BFLOAT16_REF"),
    (115, "DT_QINT16_REF"),
    (116, "DT_QUINT16_REF"),
    (117, "DT_UINT16_REF"),
    (118, "DT_COMPLEX128_REF"),
    (119, "DT_HALF_REF"),
    (120, "DT_RESOURCE_REF"),
    (121, "DT_VARIANT_REF"),
    (122, "DT_UINT32_REF"),
    (123, "DT_UINT64_REF"),
    (124, "DT_FLOAT8_E5M2_REF"),
    (125, "DT_FLOAT8_E4M3FN_REF"),
    (126, "DT_FLOAT8_E4M3FNUZ_REF"),
    (127, "DT_FLOAT8_E4M3B11FNUZ_REF"),
    (128, "DT_FLOAT8_E5M2FNUZ_REF"),
    (129, "DT_INT4_REF"),
    (130, "DT_UINT4_REF"),
    (131, "DT_INT2_REF"),
    (132, "DT_UINT2_REF"),
    (133, "DT_FLOAT4_E2M1FN_REF"),
];

static FULL_TYPE_ID: &[(i64, &str)] = &[
    (0, "TFT_UNSET"),
    (1, "TFT_VAR"),
    (2, "TFT_ANY"),
    (3, "TFT_PRODUCT"),
    (4, "TFT_NAMED"),
    (20, "TFT_FOR_EACH"),
    (100, "TFT_CALLABLE"),
    (1000, "TFT_TENSOR"),
    (1001, "TFT_ARRAY"),
    (1002, "TFT_OPTIONAL"),
    (1003, "TFT_LITERAL"),
    (1004, "TFT_ENCODED"),
    (1005, "TFT_SHAPE_TENSOR"),
    (200, "TFT_BOOL"),
    (201, "TFT_UINT8"),
    (202, "TFT_UINT16"),
    (203, "TFT_UINT32"),
    (204, "TFT_UINT64"),
    (205, "TFT_INT8"),
    (206, "TFT_INT16"),
    (207, "TFT_INT32"),
    (208, "TFT_INT64"),
    (209, "TFT_HALF"),
    (210, "TFT_FLOAT"),
    (211, "TFT_DOUBLE"),
    (215, "TFT_BFLOAT16"),
    (212, "TFT_COMPLEX64"),
    (213, "TFT_COMPLEX128"),
    (214, "TFT_STRING"),
    (10102, "TFT_DATASET"),
    (10103, "TFT_RAGGED"),
    (10104, "TFT_ITERATOR"),
    (10202, "TFT_MUTEX_LOCK"),
    (10203, "TFT_LEGACY_VARIANT"),
];
