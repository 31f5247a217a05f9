with dim_student as (
    select class_id, is_active from silver.dim_student
),

student_spell as (
    select class_id, class_key from silver.student_spell
),

held as (
    select class_id, class_key from student_spell
    union
    -- Facts of students without a class are counted under this member, so that classes sum to the school.
    select 'UNASSIGNED' as class_id, key_hash('class|UNASSIGNED') as class_key
),

today as (
    select
        coalesce(class_id, 'UNASSIGNED') as class_id,
        count(*) as active_students
    from dim_student
    where is_active
    group by coalesce(class_id, 'UNASSIGNED')
),

final as (
    select
        held.class_key,
        held.class_id,
        held.class_id = 'UNASSIGNED' as is_unassigned,
        coalesce(today.active_students, 0) as active_students
    from held
    left join today on today.class_id = held.class_id
)

select * from final
