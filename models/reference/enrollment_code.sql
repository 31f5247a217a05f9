with final as (
    select
        code,
        is_active,
        can_be_inferred
    from (
        values
            ('active', true, true),
            ('suspended', true, true),
            ('withdrawn', false, true),
            ('transferred', false, true),
            ('graduated', false, true),
            ('on_leave', false, true),
            ('pending', false, true),
            -- Never came, whatever a register says.
            ('no_show', false, false),
            ('deleted', false, true)
    ) as t (code, is_active, can_be_inferred)
)

select * from final
