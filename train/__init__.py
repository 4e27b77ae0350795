"""Thin entrypoints over TRL and PEFT: tokenizer, pretrain, cpt, sft, dpo."""
